-- A batch without tasks yet.
--
-- ARGV     2 id, 3 client, 4 request (JSON), 5 host of the webhook or '', 6 share of the client (JSON)
-- returns  nil, or what is full

sweep()
local id, client, share = ARGV[2], ARGV[3], cjson.decode(ARGV[6])
if redis.call('ZCARD', P .. 'batches') >= options.maxBatches then return answer('batches') end
if redis.call('ZCARD', P .. 'batches:' .. client) >= share.batches then return answer('client_batches') end
local why = ARGV[5] ~= '' and webhooks_full(client, share)
if why then return answer(why) end
redis.call('HSET', P .. 'batch:' .. id, 'client', client, 'request', ARGV[4], 'created', now, 'accepted', 0)
redis.call('ZADD', P .. 'batches', now, id)
redis.call('ZADD', P .. 'batches:' .. client, now, id)
if ARGV[5] ~= '' then
  redis.call('HSET', P .. 'batch:' .. id, 'webhook_host', ARGV[5])
  count('deliveries', client, 1)
end
return answer(nil)
