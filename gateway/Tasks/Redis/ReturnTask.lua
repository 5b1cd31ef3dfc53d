-- Gives a task back before its lease runs out.
--
-- ARGV     2 id, 3 token, 4 time until it may be taken again (microseconds), 5 why the attempt counts (JSON), or '': it does not
-- returns  1, or 0 when the lease was lost

local task = load(ARGV[2])
if not task or task.lease ~= ARGV[3] or task.state ~= 'Running' then return 0 end
unschedule(task, 'lease')
redis.call('HINCRBY', P .. 'task:' .. task.id, 'lease', 1)
if ARGV[5] == '' then
  redis.call('HINCRBY', P .. 'task:' .. task.id, 'attempts', -1)
else
  set(task, 'last_failure', ARGV[5])
end
enter(task, 'Queued')
redis.call('ZADD', P .. 'waiting', task.place, task.id)
if tonumber(ARGV[4]) > 0 then schedule('delay', task, now + ARGV[4]) else join_queue(task) end
return answer(1)
