-- Puts a dead letter at the end of its client's queue again, with all its attempts.
--
-- ARGV     2 id
-- returns  1, or 0 when it or its upload are not kept any more

local task = load(ARGV[2])
if not task or not redis.call('ZSCORE', P .. 'dead', task.id) or redis.call('PEXPIRE', P .. 'input:' .. task.id, milliseconds(options.inputLifetime)) == 0 then return 0 end
leave_dead(task)
redis.call('ZREM', P .. 'ended:' .. task.client, task.id)
count('records', task.client, -1)
unschedule(task, 'record')
redis.call('HDEL', P .. 'task:' .. task.id, 'error', 'last_failure', 'finished', 'started')
set(task, 'attempts', 0, 'place', now)
enter(task, 'Queued')
task.place = now
redis.call('ZADD', P .. 'waiting', now, task.id)
schedule('input', task, now + options.inputLifetime)
count('tasks', task.client, 1)
count('input_bytes', task.client, task.bytes)
count_in_batch(task.batch, 'Failed', -1)
if task.webhook_host then count('deliveries', task.client, 1) end
join_queue(task)
return answer(1)
