-- Ends a run, for better or worse, unless its lease was lost. The cutout has been written before, to a key of this very lease.
--
-- ARGV     2 id, 3 token, 4 Succeeded or Failed, 5 the result or the error (JSON), 6 bytes of the cutout
-- returns  1, or 0 when the lease was lost and nothing was written

local cutout = P .. 'cutout:' .. ARGV[2] .. ':' .. ARGV[3]
local task = load(ARGV[2])
if not task or task.lease ~= ARGV[3] then
  redis.call('DEL', cutout)
  return 0
end
if not is_unfinished(task) then return 1 end -- said before, and the answer got lost

if ARGV[4] == 'Failed' then
  fail(task, ARGV[5])
  return answer(1)
end
set(task, 'cutout', cutout, 'cutout_bytes', ARGV[6])
redis.call('DEL', P .. 'input:' .. task.id)
redis.call('ZADD', P .. 'results:' .. task.client, now, task.id)
schedule('result', task, now + options.retention)
count('result_bytes', task.client, ARGV[6])
finish(task, 'Succeeded', 'result', ARGV[5], options.retention * 2)
bound_results()
return answer(1)
