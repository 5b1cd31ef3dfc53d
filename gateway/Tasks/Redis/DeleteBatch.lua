-- Forgets a batch; its tasks are deleted each for itself.
--
-- ARGV     2 id

if redis.call('EXISTS', P .. 'batch:' .. ARGV[2]) == 1 then forget_batch(ARGV[2]) end
return answer(nil)
