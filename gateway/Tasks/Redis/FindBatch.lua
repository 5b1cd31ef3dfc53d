-- A batch as it is now.
--
-- ARGV     2 id
-- returns  { its hash as fields and values, its images (JSON) }, or nil when there is no such batch

sweep()
local batch = redis.call('HGETALL', P .. 'batch:' .. ARGV[2])
return answer(#batch > 0 and { batch, redis.call('LRANGE', P .. 'batch_images:' .. ARGV[2], 0, -1) } or nil)
