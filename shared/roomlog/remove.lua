-- Removes messages from one room's log and notes that they were removed.
--
-- KEYS[1]   the log (a stream)
-- KEYS[2]   the removed messages (a sorted set)
-- ARGV[1]   how long the note is kept, ms
-- ARGV[2]   how many notes are kept
-- ARGV[3…]  the IDs
--
-- The answer begins with the time in ms. Then it has for each ID 1 if it is removed now, also
-- if it had been before, and 0 if the log does not have it. The script may be sent again after
-- any error.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answer = {now}
for i = 3, #ARGV do
  -- XDEL is first: it needs no memory, so a removal also works when Redis is full.
  if redis.call('XDEL', KEYS[1], ARGV[i]) == 1 then
    redis.call('ZADD', KEYS[2], string.format('%.0f', now), ARGV[i])
    answer[i - 1] = 1
  else
    answer[i - 1] = redis.call('ZSCORE', KEYS[2], ARGV[i]) and 1 or 0
  end
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('(%.0f', now - ARGV[1]))
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return answer
