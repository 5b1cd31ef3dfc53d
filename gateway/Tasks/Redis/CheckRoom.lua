-- Whether a task of a client would be accepted now, so that a full queue can say so before it reads an upload.
--
-- ARGV     2 client, 3 its share (JSON)
-- returns  nil, or { what is full, time until there may be room (microseconds) }

sweep()
local why, wait = full(ARGV[2], 1, cjson.decode(ARGV[3]))
return answer(why and { why, wait })
