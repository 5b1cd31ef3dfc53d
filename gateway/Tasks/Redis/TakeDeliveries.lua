-- The turn of the client whose webhooks have been due for longest. Until it ends, or its lease does, no other gateway sends for that client.
--
-- ARGV     2 length of the lease (microseconds), 3 most deliveries, 4 most to one host
-- returns  { client, { id, hash of the task as it ended, attempts that failed }... }, or nil when nothing is due

-- 1. Turns of gateways that died.
for _, client in ipairs(redis.call('ZRANGEBYSCORE', P .. 'sending', '-inf', now)) do end_turn(client) end

-- 2. Whose turn it is.
local client = redis.call('ZRANGEBYSCORE', P .. 'senders', '-inf', now, 'LIMIT', 0, 1)[1]
if not client then return answer(nil) end
redis.call('ZREM', P .. 'senders', client)
redis.call('ZADD', P .. 'sending', now + ARGV[2], client)

-- 3. What is due. A host that rests after a failure has its deliveries put off for as long, so that they are not in others' way.
local turn, hosts = { client }, {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'deliveries:' .. client, '-inf', now, 'LIMIT', 0, 100)) do
  local host = redis.call('HGET', P .. 'delivery:' .. id, 'webhook_host')
  local rest = host and redis.call('PTTL', P .. 'paused:' .. client .. ':' .. host) or 0
  if not host then
    redis.call('ZREM', P .. 'deliveries:' .. client, id) -- somebody deleted its hash
    redis.call('ZREM', P .. 'deliveries', id)
    count('deliveries', client, -1)
  elseif rest > 0 then
    redis.call('ZADD', P .. 'deliveries:' .. client, now + rest * 1000, id)
  elseif #turn <= tonumber(ARGV[3]) and (hosts[host] or 0) < tonumber(ARGV[4]) then
    hosts[host] = (hosts[host] or 0) + 1
    turn[#turn + 1] = { id, redis.call('HGETALL', P .. 'delivery:' .. id), redis.call('HGET', P .. 'delivery:' .. id, 'failures') }
  end
end
return answer(turn)
