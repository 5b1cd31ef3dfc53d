-- Tasks of a client, the newest first. At most 1,000 are looked at.
--
-- ARGV     2 client, 3 state, or '' for all, 4 how many, 5 and 6 when the last one of the page before was accepted, and its id; or '' and ''
-- returns  { when the last one that was looked at was accepted, its id; '' and '' when no more follow; then { id, the task as describe() does }... }

sweep()
local page = { '', '' }
local entries = redis.call('ZREVRANGEBYSCORE', P .. 'tasks:' .. ARGV[2], ARGV[5] == '' and '+inf' or ARGV[5], '-inf', 'WITHSCORES', 'LIMIT', 0, 1000)
for i = 1, #entries, 2 do
  local id, accepted = entries[i], entries[i + 1]
  local was_shown = accepted == ARGV[5] and id >= ARGV[6]
  local task = not was_shown and load(id)
  if task == nil then redis.call('ZREM', P .. 'tasks:' .. ARGV[2], id) end -- somebody deleted its hash
  if task and (ARGV[3] == '' or task.state == ARGV[3]) then page[#page + 1] = { id, describe(task) } end
  local is_full, is_last = #page == ARGV[4] + 2, i + 1 == #entries
  if (is_full and not is_last) or (is_last and #entries == 2000) then page[1], page[2] = accepted, id end
  if is_full then break end
end
return answer(page)
