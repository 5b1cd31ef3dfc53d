-- Ends a run, for better or worse, unless its lease was lost. The picture has been written before, to a key of this very lease.
--
-- KEYS[1]  work: stream    KEYS[2]  stats: hash    KEYS[3]  results: zset    KEYS[4]  the task: hash
-- KEYS[5]  the upload      KEYS[6]  the picture (there is none when the task failed)
-- ARGV     1 id, 2 token, 3 Succeeded or Failed, 4 field: result or error, 5 its value (JSON), 6 bytes of the picture,
--          7 retention (ms), 8 consumer group, 9 channel of ends
-- returns  1, or 0 when the lease was lost and nothing was written

local task = redis.call('HMGET', KEYS[4], 'lease', 'state', 'entry', 'bytes', 'idempotency')
if task[1] ~= ARGV[2] then
  redis.call('DEL', KEYS[6])
  return 0
end
if task[2] ~= 'Running' then return 1 end -- said before, and the answer got lost

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('XACK', KEYS[1], ARGV[8], task[3])
redis.call('XDEL', KEYS[1], task[3])
redis.call('HINCRBY', KEYS[2], 'input_bytes', -task[4])
redis.call('DEL', KEYS[5])
redis.call('HSET', KEYS[4], 'state', ARGV[3], 'finished', now, ARGV[4], ARGV[5])
redis.call('PEXPIRE', KEYS[4], ARGV[7] * 2) -- outlives the picture: who comes late hears that it is gone
if task[5] then redis.call('PEXPIRE', task[5], ARGV[7] * 2) end
if ARGV[3] == 'Succeeded' then
  local counted = ARGV[1] .. ':' .. ARGV[6]
  redis.call('HSET', KEYS[4], 'picture', KEYS[6], 'counted', counted)
  redis.call('PEXPIRE', KEYS[6], ARGV[7])
  redis.call('ZADD', KEYS[3], now + ARGV[7] * 1000, counted)
  redis.call('HINCRBY', KEYS[2], 'result_bytes', ARGV[6])
end
redis.call('PUBLISH', ARGV[9], ARGV[1])
return 1
