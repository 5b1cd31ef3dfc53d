-- All images of a batch have come.
--
-- ARGV     2 id

if redis.call('EXISTS', P .. 'batch:' .. ARGV[2]) == 1 then
  redis.call('HSET', P .. 'batch:' .. ARGV[2], 'sealed', 1)
  end_batch(ARGV[2])
end
return answer(nil)
