-- Renews a lease: the entry counts as delivered just now.
--
-- KEYS[1]  work: stream    KEYS[2]  the task: hash
-- ARGV     1 token, 2 consumer group, 3 consumer
-- returns  1, or 0 when the lease was lost

local task = redis.call('HMGET', KEYS[2], 'lease', 'state', 'entry')
if task[1] ~= ARGV[1] or task[2] ~= 'Running' then return 0 end
redis.call('XCLAIM', KEYS[1], ARGV[2], ARGV[3], 0, task[3], 'JUSTID')
return 1
