-- Deletes all of a task, whatever its state; the run that may hold it finds its lease lost.
--
-- ARGV     2 id
-- returns  the state that it was in, or nil when there is no such task

sweep()
local task = load(ARGV[2])
if not task then return answer(nil) end
forget(task)
return answer(task.state)
