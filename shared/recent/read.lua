-- Returns the members of a set with their intervals, the newest first. It leaves out
-- intervals that are not shown yet, and goes back to an interval that is not needed to
-- have as many members as wanted.
--
-- KEYS[1]  the set, as publish.lua writes it
-- ARGV     the length of an interval, how long names are kept, how many members are wanted
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local every, keep, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local newest = math.floor((now - every / 50) / every) * every - every
local oldest = newest - keep
local last = redis.call('ZREVRANGEBYSCORE', KEYS[1], newest, oldest, 'WITHSCORES', 'LIMIT', wanted - 1, 1)
return redis.call('ZREVRANGEBYSCORE', KEYS[1], newest, last[2] or oldest, 'WITHSCORES')
