-- What has happened to tasks since an event, the oldest first; at most 1,000 at a time.
--
-- ARGV     2 id of the last event that was read, or ''
-- returns  { id of the last event of these, or '' when none is kept; whether some that came after ARGV 2 may be gone; ids of tasks... }

local last = ARGV[2]
local events = redis.call('XRANGE', P .. 'events', last == '' and '-' or last, '+', 'COUNT', 1001)
local knows_last = events[1] and events[1][1] == last
local read = { #events > 0 and events[#events][1] or '', (last == '' or knows_last) and 0 or 1 }
for i = knows_last and 2 or 1, #events do read[#read + 1] = events[i][2][2] end
return read
