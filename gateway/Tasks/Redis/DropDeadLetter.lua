-- Deletes a dead letter and its upload; the task stays failed until its record is forgotten.
--
-- ARGV     2 id
-- returns  1, or 0 when there is no such letter (any more)

local task = load(ARGV[2])
if not task or not redis.call('ZSCORE', P .. 'dead', task.id) then return 0 end
drop_letter(task)
return 1
