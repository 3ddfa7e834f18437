-- Removes the expired entries of one log, by Redis's clock.
--
-- KEYS[1]  the log (a stream)
-- ARGV[1]  how long an entry is kept, ms
--
-- The answer is the time in ms, how many entries were removed, and the ID of the oldest
-- one that is left, '' if the log is gone. It is one script, so that no entry can be
-- appended between the look at an empty log and its deletion. No command in it needs
-- memory, so it works when Redis is full.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local removed = redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f', now - ARGV[1]))
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
if #first > 0 then return {now, removed, first[1][1]} end
redis.call('DEL', KEYS[1])
return {now, removed, ''}
