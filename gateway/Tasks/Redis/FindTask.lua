-- A task as it is now.
--
-- ARGV     2 id
-- returns  the task as describe() does, or nil when there is no such task

sweep()
local task = load(ARGV[2])
return answer(task and describe(task))
