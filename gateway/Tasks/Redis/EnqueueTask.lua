-- Accepts a task whole or not at all. Its upload has been written before, to a key that this adopts or deletes.
--
-- KEYS[1]  work: stream of tasks that are not finished; also the channel that says there is one more
-- KEYS[2]  waiting: zset of task ids by time of acceptance
-- KEYS[3]  stats: hash with input_bytes, result_bytes, dead_bytes
-- KEYS[4]  results: zset of "id:bytes" by time of expiry
-- KEYS[5]  the task: hash
-- KEYS[6]  the upload
-- KEYS[7]  idempotency record, "id fingerprint"; absent when the client sent no key
-- ARGV     1 id, 2 request (JSON, kept as it is), 3 bytes of the upload, 4 fingerprint, 5 most unfinished tasks,
--          6 most unfinished bytes, 7 most result bytes, 8 life of the upload (ms), 9 retention (ms), 10 consumer group
-- returns  { 'accepted' | 'replayed' | 'reused' | 'lost' | 'tasks' | 'uploads' | 'results' (what is full), id, accepted at (microseconds) }

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local bytes = tonumber(ARGV[3])

local function refuse(why, id)
  redis.call('DEL', KEYS[6])
  return { why, id or '', 0 }
end

-- 1. The same request again?
if KEYS[7] then
  local known = redis.call('GET', KEYS[7])
  if known then
    local id, fingerprint = known:match('^(%S+) (%S+)$')
    return refuse(fingerprint == ARGV[4] and 'replayed' or 'reused', id)
  end
end

-- 2. Is there room? Results whose time is over have been deleted by their own expiry; only their bytes are still counted.
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now, 'LIMIT', 0, 1000)) do
  redis.call('ZREM', KEYS[4], gone)
  redis.call('HINCRBY', KEYS[3], 'result_bytes', -gone:match(':(%d+)$'))
end
local held = redis.call('HMGET', KEYS[3], 'input_bytes', 'result_bytes')
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[5]) then return refuse('tasks') end
if (tonumber(held[1]) or 0) + bytes > tonumber(ARGV[6]) then return refuse('uploads') end
if (tonumber(held[2]) or 0) >= tonumber(ARGV[7]) then return refuse('results') end

-- 3. Everything of the task.
if redis.call('PEXPIRE', KEYS[6], ARGV[8]) == 0 then return { 'lost', '', 0 } end
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[10], '0', 'MKSTREAM') end
local entry = redis.call('XADD', KEYS[1], '*', 'id', ARGV[1], 'bytes', bytes)
redis.call('HSET', KEYS[5], 'state', 'Queued', 'request', ARGV[2], 'created', now, 'bytes', bytes, 'entry', entry, 'lease', 0, 'attempts', 0)
redis.call('PEXPIRE', KEYS[5], ARGV[8] + ARGV[9])
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('HINCRBY', KEYS[3], 'input_bytes', bytes)
if KEYS[7] then
  redis.call('HSET', KEYS[5], 'idempotency', KEYS[7])
  redis.call('SET', KEYS[7], ARGV[1] .. ' ' .. ARGV[4], 'PX', ARGV[8] + ARGV[9])
end
redis.call('PUBLISH', KEYS[1], ARGV[1])
return { 'accepted', ARGV[1], now }
