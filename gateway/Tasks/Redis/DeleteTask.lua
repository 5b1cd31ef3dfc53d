-- Deletes all of a task, whatever its state; the run that may hold it finds its lease lost.
--
-- KEYS[1]  work: stream    KEYS[2]  waiting: zset    KEYS[3]  stats: hash    KEYS[4]  results: zset    KEYS[5]  dead: stream
-- KEYS[6]  the task: hash  KEYS[7]  the upload
-- ARGV     1 id, 2 consumer group, 3 channel of ends
-- returns  the state that it was in, or nil when there is no such task

local task = redis.call('HMGET', KEYS[6], 'state', 'entry', 'bytes', 'idempotency', 'picture', 'counted', 'letter')
if not task[1] then return nil end

if task[1] == 'Queued' or task[1] == 'Running' then
  redis.call('XACK', KEYS[1], ARGV[2], task[2])
  redis.call('XDEL', KEYS[1], task[2])
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('HINCRBY', KEYS[3], 'input_bytes', -task[3])
end
if task[6] and redis.call('ZREM', KEYS[4], task[6]) == 1 then redis.call('HINCRBY', KEYS[3], 'result_bytes', -task[6]:match(':(%d+)$')) end
if task[7] and redis.call('XDEL', KEYS[5], task[7]) == 1 then redis.call('HINCRBY', KEYS[3], 'dead_bytes', -task[3]) end
if task[5] then redis.call('DEL', task[5]) end
if task[4] then redis.call('DEL', task[4]) end
redis.call('DEL', KEYS[6], KEYS[7])
redis.call('PUBLISH', ARGV[3], ARGV[1])
return task[1]
