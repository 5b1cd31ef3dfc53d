-- A task as it is now.
--
-- ARGV     2 id
-- returns  { its hash as fields and values, tasks before it in its client's queue, clients whose turn is earlier, clients in turn, queued tasks }

sweep()
local task = load(ARGV[2])
if not task then return answer({ {} }) end
return answer({
  redis.call('HGETALL', P .. 'task:' .. task.id),
  redis.call('ZRANK', P .. 'queue:' .. task.client, task.id) or 0,
  redis.call('ZRANK', P .. 'turns', task.client) or 0,
  redis.call('ZCARD', P .. 'turns'),
  redis.call('ZCARD', P .. 'waiting'),
})
