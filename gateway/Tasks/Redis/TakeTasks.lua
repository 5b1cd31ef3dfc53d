-- Leases tasks. Clients are taken in turn, by weight; a client's tasks in the order of their places. A task that came to a bad
-- end too often is a dead letter.
--
-- ARGV     2 how many
-- returns  { leased tasks: { id, token, attempt, request, created }..., ids of new dead letters }

local leased, dead_letters = {}, {}

local function dead_letter(task)
  local keep = options.deadLetterRetention
  redis.call('PEXPIRE', P .. 'input:' .. task.id, milliseconds(keep))
  redis.call('ZADD', P .. 'dead', now, task.id)
  redis.call('ZADD', P .. 'dead:' .. task.client, now, task.id)
  count('dead_bytes', task.client, task.bytes)
  redis.call('HINCRBY', P .. 'task:' .. task.id, 'lease', 1)
  finish(task, 'Failed', 'error', options.exhausted, keep)
  while used('dead_bytes') > options.maxDeadLetterBytes and redis.call('ZCARD', P .. 'dead') > 1 and give_way('dead:', largest_user('dead_bytes'), drop_letter) do end
  dead_letters[#dead_letters + 1] = task.id
end

local function lease(task, turn)
  redis.call('ZREM', P .. 'waiting', task.id)
  schedule('lease', task, now + options.lease)
  set(task, 'started', now)
  enter(task, 'Running')
  local token, attempt = redis.call('HINCRBY', P .. 'task:' .. task.id, 'lease', 1), redis.call('HINCRBY', P .. 'task:' .. task.id, 'attempts', 1)
  local request = redis.call('HMGET', P .. 'task:' .. task.id, 'request', 'created')
  leased[#leased + 1] = { task.id, token, attempt, request[1], request[2] }
  redis.call('SET', P .. 'virtual_time', turn)
  redis.call('ZADD', P .. 'turns', 'XX', turn + 1 / task.weight, task.client)
  leave_queue(task)
end

sweep()
while #leased < tonumber(ARGV[2]) do
  local turn = redis.call('ZRANGE', P .. 'turns', 0, 0, 'WITHSCORES')
  if not turn[1] then break end
  local task = first('queue:' .. turn[1])
  if not task then
    redis.call('ZREM', P .. 'turns', turn[1])
  elseif task.attempts >= options.maxAttempts then
    dead_letter(task)
  else
    lease(task, turn[2])
  end
end
return answer({ leased, dead_letters })
