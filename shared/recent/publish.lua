-- Writes the names of an interval, unless readers show that interval already: all names of
-- an interval must appear at once. Returns 1, or 0 if it is too late.
--
-- KEYS[1]  the set: member → interval
-- ARGV     the interval, its length, how long names are kept, how many members the set may
--          have, 1 if the interval must be over, and the names, sorted. Intervals are Unix
--          seconds at which they begin.
--
-- A name has up to two members, NAME and /NAME (no name has a slash). The newest interval
-- that readers show stays in one of them while the other one gets the new interval.
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local interval, every, keep = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local window = every / 50
if now >= interval + every + window then return 0 end
if ARGV[5] == '1' and now < interval + every then return redis.error_reply('EARLY the interval is not over') end
local shown = math.floor((now - window) / every) * every - every

local add = {'ZADD', KEYS[1], 'GT'}
for i = 6, #ARGV do
  local plain, second = ARGV[i], '/' .. ARGV[i]
  local a = tonumber(redis.call('ZSCORE', KEYS[1], plain) or 0)
  local b = tonumber(redis.call('ZSCORE', KEYS[1], second) or 0)
  add[#add + 1] = interval
  add[#add + 1] = (a <= shown and (b > shown or a > b)) and second or plain
end
local added = redis.pcall(unpack(add))

-- A full Redis takes no names, and forgets the old ones. That comes second: after a first write,
-- Redis lets a script take memory that is not there.
-- Two intervals later than readers need it: the list must not change before it is shown.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. (interval - keep - 2 * every))
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -tonumber(ARGV[4]) - 1)
redis.call('EXPIREAT', KEYS[1], interval + keep + 3 * every)
return type(added) == 'table' and added or 1
