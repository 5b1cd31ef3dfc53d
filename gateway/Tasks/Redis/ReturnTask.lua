-- Gives a task back before its lease runs out: its entry is made to look as if nobody had touched it for some time, so
-- that it can be claimed when the rest of the lease, which may be nothing, is over.
--
-- KEYS[1]  work: stream and channel    KEYS[2]  waiting: zset    KEYS[3]  the task: hash
-- ARGV     1 id, 2 token, 3 consumer group, 4 consumer, 5 lease (ms), 6 delay (ms), 7 why the attempt counts (JSON), or empty: it does not
-- returns  1, or 0 when the lease was lost

local task = redis.call('HMGET', KEYS[3], 'lease', 'state', 'entry', 'created')
if task[1] ~= ARGV[2] or task[2] ~= 'Running' then return 0 end
redis.call('HINCRBY', KEYS[3], 'lease', 1)
redis.call('HSET', KEYS[3], 'state', 'Queued')
if ARGV[7] == '' then
  redis.call('HINCRBY', KEYS[3], 'attempts', -1)
else
  redis.call('HSET', KEYS[3], 'last_failure', ARGV[7])
end
redis.call('ZADD', KEYS[2], task[4], ARGV[1])
redis.call('XCLAIM', KEYS[1], ARGV[3], ARGV[4], 0, task[3], 'IDLE', ARGV[5] - ARGV[6], 'JUSTID')
if tonumber(ARGV[6]) == 0 then redis.call('PUBLISH', KEYS[1], ARGV[1]) end
return 1
