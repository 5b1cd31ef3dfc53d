-- Makes room for an entry of the cache in Redis: the entries that expire first give way beyond the budget.
--
-- KEYS[1]  ledger: zset of "bytes key" by time of expiry (milliseconds)    KEYS[2]  sum of the bytes in it
-- ARGV     1 key of the entry, 2 its bytes, 3 its lifetime (milliseconds), 4 the budget
-- returns  { 1, or 0 when it is larger than the budget; keys to be deleted... }

if tonumber(ARGV[2]) > tonumber(ARGV[4]) then return { 0 } end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function drop(entry)
  local bytes, key = entry:match('^(%d+) (.*)$')
  redis.call('ZREM', KEYS[1], entry)
  return redis.call('DECRBY', KEYS[2], bytes), key
end

-- 1. What has expired is not there any more.
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1000)) do drop(entry) end

-- 2. The entry is counted once, however often it is written.
if redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[2] .. ' ' .. ARGV[1]) == 1 then redis.call('INCRBY', KEYS[2], ARGV[2]) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])

-- 3. Others give way.
local answer = { 1 }
local used = tonumber(redis.call('GET', KEYS[2]))
while used > tonumber(ARGV[4]) do
  local key
  used, key = drop(redis.call('ZRANGE', KEYS[1], 0, 0)[1])
  answer[#answer + 1] = key
end
return answer
