-- Renews a lease.
--
-- ARGV     2 id, 3 token
-- returns  1, or 0 when the lease was lost

local task = load(ARGV[2])
if not task or task.lease ~= ARGV[3] or task.state ~= 'Running' then return 0 end
schedule('lease', task, now + options.lease)
return 1
