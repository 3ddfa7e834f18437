-- Appends texts to one room's log, each once.
--
-- KEYS[1]   the log (a stream)
-- KEYS[2…]  one nonce key per text
-- ARGV[1]   the live channel         ARGV[2]  PUBLISH or SPUBLISH
-- ARGV[3]   the caller's own channel, '' for none
-- ARGV[4]   about how many entries are kept
-- ARGV[5]   how long they are kept, ms
-- ARGV[6]   how long a nonce is remembered, ms
-- ARGV[7…]  one text per nonce key
--
-- Answers, for each text: ID, PREV, and '1' when the nonce was known. A known
-- nonce appends nothing, so the script may be sent again after any error. A
-- script runs alone: the newest ID it finds is the predecessor of what it
-- adds.
local log, channel, publish, own = KEYS[1], ARGV[1], ARGV[2], ARGV[3]

-- The caller subscribes to its own channel in the same command as to the live
-- one, and learns of what it appends from the answer. With as many subscribers
-- to the one as to the other, nobody else listens, and nothing is published. It
-- counts those of this server: a process that has stayed on a primary which is a
-- replica by now hears nothing, and finds what it lacks when it looks at the log
-- again, as it does now and then.
local function alone()
  if own == '' then return false end
  local n = redis.pcall('PUBSUB', 'NUMSUB', channel, own)
  return not n.err and n[2] == n[4] and redis.pcall('PUBSUB', 'NUMPAT') == 0
end
local unheard
local answer, prev, id = {}, nil, nil

for i = 2, #KEYS do
  local known = redis.call('GET', KEYS[i])
  if known then
    answer[#answer + 1] = known
    answer[#answer + 1] = ''
    answer[#answer + 1] = '1'
  else
    if not prev then
      local newest = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
      prev = newest and newest[1] or '0-0'
    end
    local text = ARGV[i + 5]
    id = redis.call('XADD', log, 'MAXLEN', '~', ARGV[4], '*', 'm', text)
    redis.call('SET', KEYS[i], id, 'PX', ARGV[6])
    if unheard == nil then unheard = alone() end
    if not unheard then redis.call(publish, channel, id .. ' ' .. prev .. ' ' .. text) end
    answer[#answer + 1] = id
    answer[#answer + 1] = prev
    answer[#answer + 1] = ''
    prev = id
  end
end

if id then
  -- Exact, not '~': "kept for a day" is a promise to forget as well.
  local now = tonumber(string.match(id, '^%d+'))
  redis.call('XTRIM', log, 'MINID', string.format('%.0f', now - tonumber(ARGV[5])))
  redis.call('PEXPIRE', log, ARGV[5])
end
return answer
