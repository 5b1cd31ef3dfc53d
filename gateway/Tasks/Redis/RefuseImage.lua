-- An image of a batch that is no task.
--
-- ARGV     2 id of the batch, 3 the image (JSON)

if redis.call('EXISTS', P .. 'batch:' .. ARGV[2]) == 1 then
  redis.call('HINCRBY', P .. 'batch:' .. ARGV[2], 'refused', 1)
  redis.call('RPUSH', P .. 'batch_images:' .. ARGV[2], ARGV[3])
end
return answer(nil)
