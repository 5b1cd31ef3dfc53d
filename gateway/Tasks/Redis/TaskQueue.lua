-- What every script of the queue begins with. A script is one change of the queue: it happens as a whole or not at all.
--
-- KEYS[1]   what all names begin with. Its braces keep them in one slot of a cluster, so that a script may use several.
-- ARGV[1]   the options (RedisTaskOptions, JSON); the arguments of the script itself follow. Times in options are microseconds.
--
-- task:<id>          hash    all that is known about a task
-- input:<id>         string  its upload, until it has ended; of a dead letter for as long as that is kept
-- cutout:<id>:<n>    string  the cutout that the run with lease n made
-- idempotency:<key>  string  "id fingerprint"
-- queue:<client>     zset    ids of the client's tasks that may be taken, by their place: the time at which they were queued
-- turns              zset    clients that have such a queue, by virtual time (start-time fair queueing): the lowest is next
-- tasks:<client>     zset    ids of all tasks of the client, by the time at which they were accepted
-- events             stream  the outbox: "task", "state" of each change of a state, written with it; the latest 10,000, for a minute
-- virtual_time       string  virtual time of the latest turn; a turn of a client costs it 1 / weight
-- waiting            zset    ids of all queued tasks, those that wait for a retry included, by their place
-- due                zset    "kind:id" by the time at which something is to happen to the task, see on_due
-- results:<client>   zset    ids of tasks whose cutout is kept, by the time at which they ended
-- ended:<client>     zset    ids of tasks that have ended, by who is forgotten first: failed ones, then the oldest
-- dead               zset    ids of dead letters, by the time at which they were given up
-- dead:<client>      zset    the same of one client
-- delivery:<id>          hash  a webhook that is to be sent: the task as it ended; "failures"; of the last one "reason" and "failed"
-- deliveries             zset  ids of all that are to be sent, by the time at which their tasks ended
-- deliveries:<client>    zset  the same of one client, by the time of the next attempt
-- senders                zset  clients that have such and whose turn nobody has, by the time at which the first is due
-- sending                zset  clients whose turn a gateway has, by the time at which its lease is over
-- paused:<client>:<host>  string  there while nothing is sent to the host, since an attempt failed
-- dead_deliveries        zset  ids of those that were given up, by the time of that; dead_deliveries:<client> the same of one client
-- batch:<id>             hash  a batch: "accepted" and "refused" images, how many tasks are in each final state, "sealed" when all images have come, "finished"
-- batch_images:<id>      list  JSON of each of its images
-- batches                zset  ids of all batches, by the time at which they began; batches:<client> the same of one client
-- usage              hash    of all clients together: tasks (not ended), input_bytes, result_bytes, records (ended), dead_bytes,
--                            deliveries (to be sent, and of tasks that have not ended), dead_deliveries
-- usage:<what>       zset    the same by client
--
-- Only bytes and idempotency keys expire by themselves, in case that no gateway runs. A hash never does: it is what was
-- counted, and sweep() counts it back.

local P = KEYS[1]
local options = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local messages = {}

-- Ends a script. A user without permission for channels must not undo or repeat anything, so messages come last and may fail.
local function answer(result)
  for _, message in ipairs(messages) do redis.pcall('PUBLISH', P .. message[1], message[2]) end
  return result
end

local function tell(channel, id) messages[#messages + 1] = { channel, id } end

local function milliseconds(microseconds) return math.max(1, math.floor(microseconds / 1000)) end

-- Counting ---------------------------------------------------------------------------------------------------------------

local function count(what, client, by)
  if redis.call('HINCRBY', P .. 'usage', what, by) <= 0 then redis.call('HDEL', P .. 'usage', what) end
  if tonumber(redis.call('ZINCRBY', P .. 'usage:' .. what, by, client)) <= 0 then redis.call('ZREM', P .. 'usage:' .. what, client) end
end

local function used(what) return tonumber(redis.call('HGET', P .. 'usage', what) or 0) end

local function used_by(client, what) return tonumber(redis.call('ZSCORE', P .. 'usage:' .. what, client) or 0) end

local function largest_user(what) return redis.call('ZREVRANGE', P .. 'usage:' .. what, 0, 0)[1] end

-- Tasks ------------------------------------------------------------------------------------------------------------------

local function load(id)
  local known = redis.call('HMGET', P .. 'task:' .. id, 'state', 'client', 'place', 'bytes', 'weight', 'max_records', 'attempts', 'lease', 'cutout', 'cutout_bytes', 'idempotency', 'webhook_host', 'batch')
  if not known[1] then return nil end
  return {
    id = id, state = known[1], client = known[2], place = known[3], bytes = tonumber(known[4]), weight = tonumber(known[5]), max_records = tonumber(known[6]),
    attempts = tonumber(known[7]), lease = known[8], cutout = known[9], cutout_bytes = known[10], idempotency = known[11], webhook_host = known[12], batch = known[13],
  }
end

-- The first task of a zset; nil when there is none.
local function first(zset)
  local id = redis.call('ZRANGE', P .. zset, 0, 0)[1]
  if not id then return nil end
  local task = load(id)
  if task then return task end
  redis.call('ZREM', P .. zset, id) -- somebody deleted its hash
  return first(zset)
end

local function set(task, ...) redis.call('HSET', P .. 'task:' .. task.id, ...) end

-- The only way into a state. Who watches the task reads of it in the outbox, even if the message about that is lost.
local function enter(task, state)
  local event = redis.call('XADD', P .. 'events', 'MAXLEN', '~', 10000, '*', 'task', task.id, 'state', state)
  redis.call('PEXPIRE', P .. 'events', 60000)
  set(task, 'state', state, 'event', event)
  tell('events', task.id)
end

-- A task for those who look at it, see TaskHash: its hash, tasks before it in its client's queue, clients whose turn is earlier, clients in turn, queued tasks.
local function describe(task)
  return {
    redis.call('HGETALL', P .. 'task:' .. task.id),
    redis.call('ZRANK', P .. 'queue:' .. task.client, task.id) or 0,
    redis.call('ZRANK', P .. 'turns', task.client) or 0,
    redis.call('ZCARD', P .. 'turns'),
    redis.call('ZCARD', P .. 'waiting'),
  }
end

local function is_unfinished(task) return task.state == 'Queued' or task.state == 'Running' end

local function schedule(kind, task, at) redis.call('ZADD', P .. 'due', at, kind .. ':' .. task.id) end

local function unschedule(task, ...)
  for _, kind in ipairs({ ... }) do redis.call('ZREM', P .. 'due', kind .. ':' .. task.id) end
end

-- Webhooks ---------------------------------------------------------------------------------------------------------------

-- From now on it may be sent. A client whose turn it is has it in its next one.
local function await_delivery(id, client)
  redis.call('ZADD', P .. 'deliveries', now, id)
  redis.call('ZADD', P .. 'deliveries:' .. client, now, id)
  if not redis.call('ZSCORE', P .. 'sending', client) then redis.call('ZADD', P .. 'senders', 'LT', now, client) end
end

local function end_turn(client)
  redis.call('ZREM', P .. 'sending', client)
  local due = redis.call('ZRANGE', P .. 'deliveries:' .. client, 0, 0, 'WITHSCORES')[2]
  if due then redis.call('ZADD', P .. 'senders', due, client) end
end

local function leave_dead_deliveries(id, client)
  redis.call('ZREM', P .. 'dead_deliveries', id)
  if not client then return end -- somebody deleted its hash
  redis.call('ZREM', P .. 'dead_deliveries:' .. client, id)
  count('dead_deliveries', client, -1)
end

local function drop_dead_delivery(id, client)
  leave_dead_deliveries(id, client)
  redis.call('DEL', P .. 'delivery:' .. id)
end

-- The end of a task or batch, which the hash describes, is to be told to its webhook.
local function deliver(id, hash, client)
  redis.call('COPY', hash, P .. 'delivery:' .. id)
  redis.call('HSET', P .. 'delivery:' .. id, 'failures', 0)
  await_delivery(id, client)
end

-- Batches ----------------------------------------------------------------------------------------------------------------

-- When all images have come and all tasks have ended.
local function end_batch(id)
  local known = redis.call('HMGET', P .. 'batch:' .. id, 'sealed', 'finished', 'accepted', 'Succeeded', 'Failed', 'Cancelled', 'client', 'webhook_host')
  if not known[1] or known[2] or (known[4] or 0) + (known[5] or 0) + (known[6] or 0) < tonumber(known[3]) then return end
  redis.call('HSET', P .. 'batch:' .. id, 'finished', now)
  if known[8] then deliver(id .. '.batch', P .. 'batch:' .. id, known[7]) end
end

-- Of one of its tasks: how many more, or fewer, are in a final state.
local function count_in_batch(id, state, by)
  if not id or redis.call('EXISTS', P .. 'batch:' .. id) == 0 then return end
  redis.call('HINCRBY', P .. 'batch:' .. id, state, by)
  end_batch(id)
end

local function forget_batch(id)
  local known = redis.call('HMGET', P .. 'batch:' .. id, 'client', 'webhook_host', 'finished')
  if known[2] and not known[3] then count('deliveries', known[1], -1) end
  redis.call('ZREM', P .. 'batches', id)
  if known[1] then redis.call('ZREM', P .. 'batches:' .. known[1], id) end -- else somebody deleted its hash
  redis.call('DEL', P .. 'batch:' .. id, P .. 'batch_images:' .. id)
end

-- The queue -----------------------------------------------------------------------------------------------------------------

-- From now on it may be taken, at its old place. A client that comes back gets no turn that it did not use.
local function join_queue(task)
  redis.call('ZADD', P .. 'queue:' .. task.client, task.place, task.id)
  redis.call('ZADD', P .. 'turns', 'NX', (redis.call('GET', P .. 'virtual_time') or 0) + 1 / task.weight, task.client)
  tell('work', task.id)
end

local function leave_queue(task)
  redis.call('ZREM', P .. 'queue:' .. task.client, task.id)
  if redis.call('EXISTS', P .. 'queue:' .. task.client) == 0 then redis.call('ZREM', P .. 'turns', task.client) end
  if redis.call('EXISTS', P .. 'turns') == 0 then redis.call('DEL', P .. 'virtual_time') end
end

local function drop_result(task)
  if redis.call('ZREM', P .. 'results:' .. task.client, task.id) == 0 then return end
  redis.call('DEL', task.cutout)
  unschedule(task, 'result')
  count('result_bytes', task.client, -task.cutout_bytes)
end

-- It is no dead letter any more; false when it was none. Its upload stays for who comes next.
local function leave_dead(task)
  if redis.call('ZREM', P .. 'dead', task.id) == 0 then return false end
  redis.call('ZREM', P .. 'dead:' .. task.client, task.id)
  count('dead_bytes', task.client, -task.bytes)
  return true
end

local function drop_letter(task)
  if leave_dead(task) then redis.call('DEL', P .. 'input:' .. task.id) end
end

-- It is not queued or running any more. Its upload stays for who comes next.
local function leave(task)
  leave_queue(task)
  redis.call('ZREM', P .. 'waiting', task.id)
  unschedule(task, 'lease', 'delay', 'input')
  count('tasks', task.client, -1)
  count('input_bytes', task.client, -task.bytes)
end

local function forget(task)
  if is_unfinished(task) then
    leave(task)
    enter(task, 'Cancelled')
    if task.webhook_host then count('deliveries', task.client, -1) end
    count_in_batch(task.batch, 'Cancelled', 1)
  elseif redis.call('ZREM', P .. 'ended:' .. task.client, task.id) == 1 then
    count('records', task.client, -1)
  end
  drop_result(task)
  drop_letter(task)
  unschedule(task, 'record')
  if task.idempotency then redis.call('DEL', task.idempotency) end
  redis.call('ZREM', P .. 'tasks:' .. task.client, task.id)
  redis.call('DEL', P .. 'task:' .. task.id, P .. 'input:' .. task.id)
end

local function give_way(list, client, drop)
  local task = client and first(list .. client)
  if task then drop(task) end
  return task
end

-- Forgets ended tasks to make room for one: of the client, where it has its share, and of the client that has most, where all have.
local function make_room_for_record(task)
  while used_by(task.client, 'records') >= task.max_records and give_way('ended:', task.client, forget) do end
  while used('records') >= options.maxRecords and give_way('ended:', largest_user('records'), forget) do end
end

-- The oldest results of the client that holds most give way.
local function bound_results()
  while used('result_bytes') > options.maxResultBytes and give_way('results:', largest_user('result_bytes'), drop_result) do end
end

-- An ended task's place among those to be forgotten: failed ones before all that succeeded. Below 2^53, so exact.
local function rank(state) return now / 1000 + (state == 'Succeeded' and 2 ^ 52 or 0) end

local function finish(task, state, field, value, keep)
  leave(task)
  set(task, 'finished', now, field, value)
  enter(task, state)
  if task.webhook_host then deliver(task.id .. '.' .. redis.call('HGET', P .. 'task:' .. task.id, 'event'), P .. 'task:' .. task.id, task.client) end
  count_in_batch(task.batch, state, 1)
  if task.idempotency then redis.call('PEXPIRE', task.idempotency, milliseconds(keep)) end
  make_room_for_record(task)
  schedule('record', task, now + keep)
  redis.call('ZADD', P .. 'ended:' .. task.client, rank(state), task.id)
  count('records', task.client, 1)
end

local function fail(task, error)
  redis.call('DEL', P .. 'input:' .. task.id)
  finish(task, 'Failed', 'error', error, options.retention * 2)
end

-- What time brings --------------------------------------------------------------------------------------------------------

local on_due = {}

function on_due.lease(task) -- the gateway that ran it is dead or cut off
  enter(task, 'Queued')
  redis.call('ZADD', P .. 'waiting', task.place, task.id)
  join_queue(task)
end

function on_due.delay(task) join_queue(task) end -- the wait for a retry is over

function on_due.input(task) -- it waited longer than its upload is kept; a run under way goes on
  if task.state == 'Queued' then fail(task, options.expired) end
end

function on_due.result(task) drop_result(task) end -- the record outlives it: who comes late hears that it is gone

function on_due.record(task) forget(task) end

local function sweep()
  for _, entry in ipairs(redis.call('ZRANGEBYSCORE', P .. 'due', '-inf', now, 'LIMIT', 0, 100)) do
    redis.call('ZREM', P .. 'due', entry)
    local kind, id = entry:match('^(%l+):(.+)$')
    local task = load(id)
    if task then on_due[kind](task) end
  end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'dead_deliveries', '-inf', now - options.deadLetterRetention, 'LIMIT', 0, 100)) do
    drop_dead_delivery(id, redis.call('HGET', P .. 'delivery:' .. id, 'client'))
  end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'batches', '-inf', now - options.inputLifetime - options.retention * 2, 'LIMIT', 0, 100)) do forget_batch(id) end
end

-- Bounds -------------------------------------------------------------------------------------------------------------------

-- Why one more webhook cannot be promised; nil when it can.
local function webhooks_full(client, share)
  if used('deliveries') >= options.maxDeliveries then return 'deliveries' end
  if used_by(client, 'deliveries') >= share.deliveries then return 'client_deliveries' end
end

-- Why a task with an upload of so many bytes cannot be accepted, and for how long (microseconds; 0 when nobody knows); nil when it can.
local function full(client, bytes, share, has_webhook)
  if used('tasks') >= options.maxTasks then return 'tasks', 0 end
  if used('input_bytes') + bytes > options.maxInputBytes then return 'inputs', 0 end
  local webhooks = has_webhook and webhooks_full(client, share)
  if webhooks then return webhooks, 0 end
  if used_by(client, 'tasks') >= share.tasks then return 'client_tasks', 0 end
  if used_by(client, 'input_bytes') + bytes > share.inputBytes then return 'client_inputs', 0 end
  if used_by(client, 'result_bytes') >= share.resultBytes then
    local oldest = redis.call('ZRANGE', P .. 'results:' .. client, 0, 0, 'WITHSCORES')[2]
    return 'client_results', oldest and oldest + options.retention - now or 0
  end
end
