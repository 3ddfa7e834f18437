-- Adds reports to those that are there.
--
-- KEYS[1]  the set: "ROOM ID" → classes × unit + reports
-- ARGV     how many members stay, the unit, how long the set is kept in milliseconds, and then
--          a member, its new reports and its classes, again and again
--
-- Of the classes the greater number counts: two processes may have seen the same ones.
local keep, unit = tonumber(ARGV[1]), tonumber(ARGV[2])
for i = 4, #ARGV, 3 do
  local score = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[i]) or 0)
  local reports = math.min(score % unit + tonumber(ARGV[i + 1]), unit - 1)
  local classes = math.max(math.floor(score / unit), tonumber(ARGV[i + 2]))
  redis.call('ZADD', KEYS[1], classes * unit + reports, ARGV[i])
end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -keep - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
