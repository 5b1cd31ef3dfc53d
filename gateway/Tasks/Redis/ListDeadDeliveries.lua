-- The latest hundred webhooks of a client that were given up.
--
-- ARGV     2 client
-- returns  { { id, hash of the task as it ended, attempts that failed, why the last did, when (microseconds) }... }

sweep()
local dead = {}
for _, id in ipairs(redis.call('ZREVRANGE', P .. 'dead_deliveries:' .. ARGV[2], 0, 99)) do
  local known = redis.call('HMGET', P .. 'delivery:' .. id, 'failures', 'reason', 'failed')
  if known[1] then dead[#dead + 1] = { id, redis.call('HGETALL', P .. 'delivery:' .. id), known[1], known[2], known[3] } end
end
return answer(dead)
