-- Appends texts to one room's log, each once, and notifies the processes that
-- follow the room.
--
-- KEYS[1]   the log (a stream)
-- KEYS[2]   the ID up to which entries were removed because of the log's size
-- KEYS[3…]  one nonce key per text
-- ARGV[1]   the notification channel
-- ARGV[2]   PUBLISH or SPUBLISH
-- ARGV[3]   the caller's own channel
-- ARGV[4]   about how many entries are kept
-- ARGV[5]   how long a nonce is remembered, ms
-- ARGV[6]   how long an entry is kept, ms; 0 to leave trimming by age for another call
-- ARGV[7]   when a log without further messages expires, ms
-- ARGV[8]   how many bytes the log may take; 0 to leave measuring for another call
-- ARGV[9]   how many bytes a text may have
-- ARGV[10]  1 if a room without a log may get one
-- ARGV[11]  how many entries stay, whatever they take
-- ARGV[12]  1 if replicas confirm what is written
-- ARGV[13…] one text per nonce key
--
-- The answer begins with 1 if other processes were notified, else 0. Then it has
-- one line for each text: its ID; its ID with ' known' behind it when the nonce was
-- stored before; or, when it was not stored, 'rooms', 'long' or 'memory' for what
-- there is no room for.
-- A known nonce appends nothing, so the script may be sent again after any error.
local log, trimmed = KEYS[1], KEYS[2]
local channel, publish, own = ARGV[1], ARGV[2], ARGV[3]
local keepEntries, keepNonce, keepLog = ARGV[4], ARGV[5], ARGV[7]
local retention, maxBytes, maxText = tonumber(ARGV[6]), tonumber(ARGV[8]), tonumber(ARGV[9])
local newRooms, stay, confirmed = ARGV[10] == '1', tonumber(ARGV[11]), ARGV[12] == '1'

local mayGrow = newRooms or redis.call('XLEN', log) > 0
local answer, newest = {0}, nil
for n = 1, #KEYS - 2 do
  local nonce, text = KEYS[2 + n], ARGV[12 + n]
  local id = redis.call('GET', nonce)
  if id then
    if confirmed then
      -- Replicas confirm writes. This one changes nothing, and a full Redis executes it.
      redis.call('PEXPIRE', nonce, math.max(1, redis.call('PTTL', nonce)))
    end
    answer[1 + n] = id .. ' known'
  elseif not mayGrow then
    answer[1 + n] = 'rooms'
  elseif #text > maxText then
    answer[1 + n] = 'long'
  else
    id = redis.pcall('XADD', log, 'MAXLEN', '~', keepEntries, '*', 'm', text)
    if type(id) == 'string' then
      newest = id
      redis.call('SET', nonce, id, 'PX', keepNonce)
      answer[1 + n] = id
    elseif string.find(id.err, 'OOM command', 1, true) then
      answer[1 + n] = 'memory'
    else
      return id
    end
  end
end
if not newest then return answer end

if retention > 0 then
  -- Exact, not '~': an entry must be forgotten after its time.
  local now = tonumber(string.match(newest, '^%d+'))
  redis.call('XTRIM', log, 'MINID', string.format('%.0f', now - retention))
  redis.call('PEXPIRE', log, keepLog)
end

if maxBytes > 0 then
  -- Without SAMPLES Redis guesses from the oldest entries. The embedded Redis measures
  -- everything and does not know the word.
  local used = redis.pcall('MEMORY', 'USAGE', log, 'SAMPLES', '0')
  if type(used) ~= 'number' then used = redis.pcall('MEMORY', 'USAGE', log) end
  if type(used) == 'number' and used > maxBytes then
    -- A bit more than the excess, so that the next measurement finds nothing to do.
    local excess, removed, last = used - maxBytes + maxBytes / 32, 0, nil
    local size = redis.call('XLEN', log)
    while excess > 0 and removed < size - stay do
      local oldest = redis.call('XRANGE', log, last and '(' .. last or '-', '+', 'COUNT', math.min(16, size - stay - removed))
      for _, entry in ipairs(oldest) do
        if excess <= 0 then break end
        removed, last, excess = removed + 1, entry[1], excess - #entry[2][2]
      end
    end
    if last then
      redis.call('XTRIM', log, 'MAXLEN', size - removed)
      redis.call('SET', trimmed, last, 'PX', keepLog)
    end
  end
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
