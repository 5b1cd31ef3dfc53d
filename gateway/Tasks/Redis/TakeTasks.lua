-- Leases tasks: those whose lease ran out before those that are new. A task that came to a bad end too often is dead_lettered.
--
-- KEYS[1]  work: stream    KEYS[2]  waiting: zset    KEYS[3]  stats: hash    KEYS[4]  dead: stream of dead letters
-- ARGV     1 consumer group, 2 consumer, 3 how many, 4 lease (ms), 5 most attempts, 6 retention of dead letters (ms),
--          7 most bytes of dead letters, 8 why a dead_lettered task failed (JSON), 9 channel of ends,
--          10 what names of tasks' hashes begin with, 11 of uploads
-- returns  { leased tasks: { id, token, attempt, request, created }..., ids of dead_lettered tasks }

local work, waiting, stats, dead, group = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local leased, dead_lettered = {}, {}

local function leave_queue(entry, id, bytes)
  redis.call('XACK', work, group, entry)
  redis.call('XDEL', work, entry)
  redis.call('ZREM', waiting, id)
  redis.call('HINCRBY', stats, 'input_bytes', -bytes)
end

local function drop_oldest_letter()
  local letter = redis.call('XRANGE', dead, '-', '+', 'COUNT', 1)[1]
  redis.call('XDEL', dead, letter[1])
  redis.call('HINCRBY', stats, 'dead_bytes', -letter[2][4])
  redis.call('DEL', ARGV[11] .. letter[2][2])
end

local function dead_letter(entry, id, bytes)
  local task = ARGV[10] .. id
  local why = redis.call('HGET', task, 'last_failure') or ''
  local letter = redis.call('XADD', dead, '*', 'id', id, 'bytes', bytes, 'why', why)
  redis.call('HSET', task, 'state', 'Failed', 'finished', now, 'error', ARGV[8], 'letter', letter)
  redis.call('HINCRBY', task, 'lease', 1)
  redis.call('PEXPIRE', task, ARGV[6])
  redis.call('PEXPIRE', ARGV[11] .. id, ARGV[6])
  leave_queue(entry, id, bytes)
  redis.call('HINCRBY', stats, 'dead_bytes', bytes)
  while redis.call('XLEN', dead) > 1 and tonumber(redis.call('HGET', stats, 'dead_bytes')) > tonumber(ARGV[7]) do drop_oldest_letter() end
  redis.call('PUBLISH', ARGV[9], id)
  dead_lettered[#dead_lettered + 1] = id
end

local function take(message)
  local entry, id, bytes = message[1], message[2][2], message[2][4]
  local task = ARGV[10] .. id
  local known = redis.call('HMGET', task, 'request', 'created', 'attempts')
  if not known[1] then -- it waited longer than it was to be kept
    leave_queue(entry, id, bytes)
  elseif tonumber(known[3]) >= tonumber(ARGV[5]) then
    dead_letter(entry, id, bytes)
  else
    redis.call('ZREM', waiting, id)
    redis.call('HSET', task, 'state', 'Running', 'started', now)
    leased[#leased + 1] = { id, redis.call('HINCRBY', task, 'lease', 1), redis.call('HINCRBY', task, 'attempts', 1), known[1], known[2] }
  end
end

if redis.call('EXISTS', work) == 0 then return { leased, dead_lettered } end

local cursor = '0-0'
repeat
  local claimed = redis.call('XAUTOCLAIM', work, group, ARGV[2], ARGV[4], cursor, 'COUNT', ARGV[3] - #leased)
  cursor = claimed[1]
  for _, message in ipairs(claimed[2]) do take(message) end
until cursor == '0-0' or #leased >= tonumber(ARGV[3])

while #leased < tonumber(ARGV[3]) do
  local read = redis.call('XREADGROUP', 'GROUP', group, ARGV[2], 'COUNT', ARGV[3] - #leased, 'STREAMS', work, '>')
  if not read then break end
  for _, message in ipairs(read[1][2]) do take(message) end
end
return { leased, dead_lettered }
