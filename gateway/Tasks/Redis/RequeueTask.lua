-- Puts a dead letter at the end of the queue again, with all its attempts.
--
-- KEYS[1]  work: stream and channel    KEYS[2]  waiting: zset    KEYS[3]  stats: hash    KEYS[4]  dead: stream
-- KEYS[5]  the task: hash              KEYS[6]  the upload
-- ARGV     1 id, 2 the dead letter's entry, 3 life of the upload (ms), 4 retention (ms)
-- returns  1, or 0 when the task or its upload are not kept any more

local bytes = redis.call('HGET', KEYS[5], 'bytes')
if not bytes or redis.call('HGET', KEYS[5], 'letter') ~= ARGV[2] or redis.call('PEXPIRE', KEYS[6], ARGV[3]) == 0 then return 0 end

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('XDEL', KEYS[4], ARGV[2])
redis.call('HINCRBY', KEYS[3], 'dead_bytes', -bytes)
redis.call('HINCRBY', KEYS[3], 'input_bytes', bytes)
redis.call('HDEL', KEYS[5], 'letter', 'error', 'last_failure', 'finished', 'started')
redis.call('HSET', KEYS[5], 'state', 'Queued', 'attempts', 0, 'entry', redis.call('XADD', KEYS[1], '*', 'id', ARGV[1], 'bytes', bytes))
redis.call('PEXPIRE', KEYS[5], ARGV[3] + ARGV[4])
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('PUBLISH', KEYS[1], ARGV[1])
return 1
