-- Dead letters, the oldest first.
--
-- returns  { { id, given up at (microseconds), bytes, why (JSON, or '' when no gateway lived to tell) }... }

sweep()
local letters = {}
for _, id in ipairs(redis.call('ZRANGE', P .. 'dead', 0, -1)) do
  local task = redis.call('HMGET', P .. 'task:' .. id, 'finished', 'bytes', 'last_failure')
  letters[#letters + 1] = { id, task[1], task[2], task[3] or '' }
end
return answer(letters)
