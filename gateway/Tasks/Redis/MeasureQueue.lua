-- The queue's figures.
--
-- returns  { queued tasks, unfinished tasks, age of the first that is queued (microseconds), dead letters,
--            webhooks to be sent, age of the first of them (microseconds), webhooks that were given up }

sweep()
local function age(zset)
  local first = redis.call('ZRANGE', P .. zset, 0, 0, 'WITHSCORES')[2]
  return first and math.max(0, now - first) or 0
end

return answer({
  redis.call('ZCARD', P .. 'waiting'), used('tasks'), age('waiting'), redis.call('ZCARD', P .. 'dead'),
  redis.call('ZCARD', P .. 'deliveries'), age('deliveries'), redis.call('ZCARD', P .. 'dead_deliveries'),
})
