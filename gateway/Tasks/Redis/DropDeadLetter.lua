-- Deletes a dead letter and its upload; the task stays failed until its retention is over.
--
-- KEYS[1]  dead: stream    KEYS[2]  stats: hash    KEYS[3]  the upload
-- ARGV     1 the dead letter's entry, 2 its bytes
-- returns  1, or 0 when there is no such letter (any more)

if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HINCRBY', KEYS[2], 'dead_bytes', -ARGV[2])
redis.call('DEL', KEYS[3])
return 1
