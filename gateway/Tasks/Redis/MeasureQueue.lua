-- The queue's figures.
--
-- returns  { queued tasks, unfinished tasks, age of the first that is queued (microseconds), dead letters }

sweep()
local oldest = redis.call('ZRANGE', P .. 'waiting', 0, 0, 'WITHSCORES')[2]
return answer({ redis.call('ZCARD', P .. 'waiting'), used('tasks'), oldest and math.max(0, now - oldest) or 0, redis.call('ZCARD', P .. 'dead') })
