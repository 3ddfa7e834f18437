-- Appends texts to one room's log, each once, and notifies the processes that
-- follow the room.
--
-- KEYS[1]   the log (a stream)
-- KEYS[2…]  one nonce key per text
-- ARGV[1]   the notification channel
-- ARGV[2]   PUBLISH or SPUBLISH
-- ARGV[3]   the caller's own channel
-- ARGV[4]   about how many entries are kept
-- ARGV[5]   how long a nonce is remembered, ms
-- ARGV[6]   how long an entry is kept, ms; '' to leave trimming for another call
-- ARGV[7]   when a log without further messages expires, ms
-- ARGV[8…]  one text per nonce key
--
-- The answer begins with 1 if other processes were notified, else 0. Then it has
-- one ID for each text, with ' known' behind it when the nonce was stored before.
-- A known nonce appends nothing, so the script may be sent again after any error.
local log, channel, publish, own = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local answer, newest = {0}, nil

for i = 2, #KEYS do
  local id = redis.call('GET', KEYS[i])
  if id then
    answer[i] = id .. ' known'
  else
    newest = redis.call('XADD', log, 'MAXLEN', '~', ARGV[4], '*', 'm', ARGV[i + 6])
    redis.call('SET', KEYS[i], newest, 'PX', ARGV[5])
    answer[i] = newest
  end
end
if not newest then return answer end

if ARGV[6] ~= '' then
  -- Exact, not '~': an entry must be forgotten after its time.
  local now = tonumber(string.match(newest, '^%d+'))
  redis.call('XTRIM', log, 'MINID', string.format('%.0f', now - tonumber(ARGV[6])))
  redis.call('PEXPIRE', log, ARGV[7])
end

-- A process subscribes to its own channel in the same command as to the
-- notification channel. With as many subscribers to the one as to the other, no
-- other process follows the room. The counts are those of this server. Processes
-- on another node of a Cluster are not in them, so there each append notifies. A
-- process that is still connected to a former primary is not in them either; its
-- sweep finds the message.
if publish == 'PUBLISH' then
  local n = redis.pcall('PUBSUB', 'NUMSUB', channel, own)
  if not n.err and n[2] == n[4] then return answer end
end
redis.call(publish, channel, '')
answer[1] = 1
return answer
