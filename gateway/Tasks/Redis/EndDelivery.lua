-- Says how an attempt to deliver a webhook went.
--
-- ARGV     2 id, 3 'delivered', 'retry' or 'dead', 4 why not, 5 time until the next attempt (microseconds); the host rests as long

local id, how = ARGV[2], ARGV[3]
local known = redis.call('HMGET', P .. 'delivery:' .. id, 'client', 'webhook_host')
local client = known[1]
if not client or not redis.call('ZSCORE', P .. 'deliveries:' .. client, id) then return answer(nil) end -- said before
if how ~= 'delivered' then
  redis.call('HINCRBY', P .. 'delivery:' .. id, 'failures', 1)
  redis.call('HSET', P .. 'delivery:' .. id, 'reason', ARGV[4], 'failed', now)
end
if how == 'retry' then
  redis.call('SET', P .. 'paused:' .. client .. ':' .. known[2], 1, 'PX', milliseconds(ARGV[5]))
  redis.call('ZADD', P .. 'deliveries:' .. client, now + ARGV[5], id)
  return answer(nil)
end
redis.call('ZREM', P .. 'deliveries:' .. client, id)
redis.call('ZREM', P .. 'deliveries', id)
count('deliveries', client, -1)
if how == 'delivered' then
  redis.call('DEL', P .. 'delivery:' .. id)
else
  redis.call('ZADD', P .. 'dead_deliveries', now, id)
  redis.call('ZADD', P .. 'dead_deliveries:' .. client, now, id)
  count('dead_deliveries', client, 1)
  while used('dead_deliveries') > options.maxDeliveries do
    local most = largest_user('dead_deliveries')
    local oldest = most and redis.call('ZRANGE', P .. 'dead_deliveries:' .. most, 0, 0)[1]
    if not oldest then break end
    drop_dead_delivery(oldest, most)
  end
end
return answer(nil)
