-- Sends a webhook that was given up again, with all its attempts. It may wait beside as many others as there are.
--
-- ARGV     2 client, 3 id
-- returns  1, or 0 when the client has no such delivery that was given up

local client, id = ARGV[2], ARGV[3]
if not redis.call('ZSCORE', P .. 'dead_deliveries:' .. client, id) then return 0 end
leave_dead_deliveries(id, client)
redis.call('HSET', P .. 'delivery:' .. id, 'failures', 0)
count('deliveries', client, 1)
await_delivery(id, client)
return answer(1)
