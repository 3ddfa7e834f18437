-- Appends texts to one room's log, each once.
--
-- KEYS[1]   the log (a stream)
-- KEYS[2…]  one nonce key per text
-- ARGV[1]   the live channel         ARGV[2]  PUBLISH or SPUBLISH
-- ARGV[3]   about how many entries are kept
-- ARGV[4]   how long they are kept, ms
-- ARGV[5]   how long a nonce is remembered, ms
-- ARGV[6…]  one text per nonce key
--
-- Answers, for each text: ID, PREV, and '1' when the nonce was known. A known
-- nonce appends nothing, so the script may be sent again after any error. A
-- script runs alone: the newest ID it finds is the predecessor of what it
-- adds.
local log, channel, publish = KEYS[1], ARGV[1], ARGV[2]
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
    local text = ARGV[i + 4]
    id = redis.call('XADD', log, 'MAXLEN', '~', ARGV[3], '*', 'm', text)
    redis.call('SET', KEYS[i], id, 'PX', ARGV[5])
    redis.call(publish, channel, id .. ' ' .. prev .. ' ' .. text)
    answer[#answer + 1] = id
    answer[#answer + 1] = prev
    answer[#answer + 1] = ''
    prev = id
  end
end

if id then
  -- Exact, not '~': "kept for a day" is a promise to forget as well.
  local now = tonumber(string.match(id, '^%d+'))
  redis.call('XTRIM', log, 'MINID', string.format('%.0f', now - tonumber(ARGV[4])))
  redis.call('PEXPIRE', log, ARGV[4])
end
return answer
