-- Takes tokens from a bucket that fills continuously by this server's clock.
--
-- KEYS[1]  hash: tokens = how many there were, at = when (microseconds); no such key means a full bucket
-- ARGV[1]  tokens a second
-- ARGV[2]  capacity
-- ARGV[3]  cost, at most the capacity
-- ARGV[4]  1 takes the cost, whatever it is, even if the tokens are not there: they are below zero then
-- returns  { 1 taken or 0 refused, whole tokens left, microseconds until one more; when refused, until the cost is there }

local rate = tonumber(ARGV[1]) / 1e6
local capacity = tonumber(ARGV[2])
local cost = tonumber(ARGV[3])

local time = redis.call('TIME')
local now = time[1] * 1e6 + time[2]

local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = math.min(capacity, tonumber(bucket[1]) or capacity)
-- A clock that was set back (or another server's, after a failover) must not freeze the bucket until it has caught up.
local at = math.min(now, tonumber(bucket[2]) or now)
tokens = math.min(capacity, tokens + (now - at) * rate)

local taken = ARGV[4] == '1' or tokens >= cost
if taken then tokens = tokens - cost end

-- A key that expires when the bucket would be full says the same as a full bucket.
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - tokens) / rate / 1000) + 1)

local left = math.max(0, math.floor(tokens))
local goal = taken and left + 1 or cost
return { taken and 1 or 0, left, math.ceil((goal - tokens) / rate) }
