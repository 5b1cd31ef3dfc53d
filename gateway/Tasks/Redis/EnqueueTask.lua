-- Accepts a task whole or not at all. Its upload has been written before, to a key that this adopts or deletes.
--
-- ARGV     2 id, 3 client, 4 request (JSON, kept as it is), 5 bytes of the upload, 6 share of the client (JSON),
--          7 idempotency key or '', 8 its fingerprint, 9 host of the webhook or '',
--          10 id of the batch or '', 11 its image (JSON)
-- returns  { 'accepted' | 'replayed' | 'reused' | 'lost' | what is full, id, accepted at, or time until there may be room (microseconds) }

local id, client, bytes, share = ARGV[2], ARGV[3], tonumber(ARGV[5]), cjson.decode(ARGV[6])
local input, idempotency = P .. 'input:' .. id, ARGV[7] ~= '' and P .. 'idempotency:' .. ARGV[7]

local function refuse(why, other, wait)
  redis.call('DEL', input)
  return answer({ why, other, wait })
end

-- 1. The same request again?
sweep()
local known = idempotency and redis.call('GET', idempotency)
if known then
  local other, fingerprint = known:match('^(%S+) (%S+)$')
  return refuse(fingerprint == ARGV[8] and 'replayed' or 'reused', other, 0)
end

-- 2. Is there room?
local why, wait = full(client, bytes, share, ARGV[9] ~= '')
if why then return refuse(why, '', wait) end

-- 3. Everything of the task.
if redis.call('PEXPIRE', input, milliseconds(options.inputLifetime)) == 0 then return answer({ 'lost', '', 0 }) end
local task = { id = id, client = client, place = now, weight = share.weight }
set(task, 'client', client, 'request', ARGV[4], 'created', now, 'place', now, 'bytes', bytes,
  'weight', share.weight, 'max_records', share.records, 'attempts', 0, 'lease', 0)
enter(task, 'Queued')
redis.call('ZADD', P .. 'tasks:' .. client, now, id)
if ARGV[9] ~= '' then
  set(task, 'webhook_host', ARGV[9])
  count('deliveries', client, 1)
end
if ARGV[10] ~= '' and redis.call('EXISTS', P .. 'batch:' .. ARGV[10]) == 1 then
  set(task, 'batch', ARGV[10])
  redis.call('HINCRBY', P .. 'batch:' .. ARGV[10], 'accepted', 1)
  redis.call('RPUSH', P .. 'batch_images:' .. ARGV[10], ARGV[11])
end
if idempotency then
  set(task, 'idempotency', idempotency)
  redis.call('SET', idempotency, id .. ' ' .. ARGV[8], 'PX', milliseconds(options.inputLifetime + options.retention))
end
redis.call('ZADD', P .. 'waiting', now, id)
schedule('input', task, now + options.inputLifetime)
count('tasks', client, 1)
count('input_bytes', client, bytes)
join_queue(task)
return answer({ 'accepted', id, now })
