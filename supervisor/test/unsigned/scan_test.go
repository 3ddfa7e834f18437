package unsigned_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// secrets are words of which each is enough to know what it stands for, in lower case
// and without anything that one or the other form of writing escapes.
type secrets struct {
	guests []string // of their names
	traces []string // session ids, cookies, addresses
	rooms  []string // of their names
	talk   []string // of messages; nonces and IDs
}

func (s secrets) all() []string { return slices.Concat(s.guests, s.traces, s.rooms, s.talk) }

// found returns the words that stand in the text.
func found(text string, words []string) []string {
	text = strings.ToLower(text)
	var in []string
	for _, w := range words {
		if strings.Contains(text, strings.ToLower(w)) {
			in = append(in, w)
		}
	}
	return in
}

// inRedis returns what links a message to a guest, or could: a name, a session or an
// address beside a message, a nonce or an ID, or anything of a shape not known here.
func inRedis(all []kept, s secrets) []string {
	var wrong []string
	for _, k := range all {
		text := k.key + "\n" + strings.Join(k.parts, "\n")
		if traces := found(text, s.traces); len(traces) > 0 {
			wrong = append(wrong, fmt.Sprintf("%v: holds %q", k, traces))
		}
		guests, talk := found(text, s.guests), found(text, s.talk)
		if len(guests) > 0 && len(talk) > 0 {
			wrong = append(wrong, fmt.Sprintf("%v: %q beside %q", k, guests, talk))
		}
		switch {
		case k.where == "redis":
			wrong = append(wrong, shape(k)...)
		case k.kind != "EXEC" && !knownKey(k.key):
			wrong = append(wrong, fmt.Sprintf("%v: a key that nobody knows", k))
		}
	}
	return wrong
}

var (
	logKey     = regexp.MustCompile(`^chatter:room:\{[^{}]+\}:log$`)
	trimmedKey = regexp.MustCompile(`^chatter:room:\{[^{}]+\}:trimmed$`)
	nonceKey   = regexp.MustCompile(`^chatter:room:\{[^{}]+\}:nonce:[A-Za-z0-9_-]{16}$`)
	recentsKey = regexp.MustCompile(`^chatter:recent:(users|rooms)$`)
	removedKey = regexp.MustCompile(`^chatter:room:\{[^{}]+\}:removed$`)
	endedHash  = regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`)
	hiddenName = regexp.MustCompile(`^(users|rooms)( [A-Za-z0-9_-]{22})+$`)
	trialKey   = regexp.MustCompile(`^chatter:trial:\{\d*\}:[A-Z2-7]{26}:(text|set|log|hash)$`) // gone when the trial is over
	trialParts = regexp.MustCompile(`^(x|x 1|\d{13}-\d+ m x|field x)$`)
	mutedMark  = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	messageID  = regexp.MustCompile(`^\d{13}-\d+$`)
)

// The keys of the retention job hold times, the runs of Redis, and the token of a process.
const retentionKey, leaderKey = "chatter:retention", "chatter:retention:leader"

var (
	// With the sentences that say why a rewrite failed: a stack's Redis may end during one.
	retentionValue = regexp.MustCompile(`^(\d{13}|\{("[A-Z][A-Za-z]+":"([0-9TZ:.+-]*|[0-9a-f]{40}|it ended during the rewrite|it is not reachable)",?)+\})?$`)
	leaderValue    = regexp.MustCompile(`^[A-Z2-7]{26}$`)
)

// orderValues are what the orders of each kind may hold: a day and hashes of a session; the end of
// an order, a list and hashes of a name; a room, a time and IDs.
var orderValues = map[string]*regexp.Regexp{
	"ended":   regexp.MustCompile(`^\d+( [A-Za-z0-9_-]{22})+$`),
	"hidden":  regexp.MustCompile(`^\d+ (users|rooms)( [A-Za-z0-9_-]{22})+$`),
	"removed": regexp.MustCompile(`^\S+ \d{13}( \d{13}-\d+)+$`),
}

// A report is a room, an ID and counts. A moderator's link that has not been spent is the hash
// of its token.
const reportsKey = "chatter:reports"

var (
	reportMember = regexp.MustCompile(`^[^ {}]+ \d{13}-\d+$`)
	reportScore  = regexp.MustCompile(`^\d+$`)
	linkKey      = regexp.MustCompile(`^chatter:moderator:[A-Za-z0-9_-]{22}$`)
)

func knownKey(key string) bool {
	return logKey.MatchString(key) || trimmedKey.MatchString(key) || nonceKey.MatchString(key) || recentsKey.MatchString(key) ||
		removedKey.MatchString(key) || key == endedKey || key == hiddenKey || key == mutedKey || key == ordersKey ||
		key == reportsKey || linkKey.MatchString(key) ||
		trialKey.MatchString(key) || key == retentionKey || key == leaderKey
}

const endedKey, hiddenKey, mutedKey, ordersKey = "chatter:ended", "chatter:hidden", "chatter:muted", "chatter:orders"

// shape returns what a key holds beyond what it is for. A link need not be readable: a
// hash of a name would be one too.
func shape(k kept) []string {
	wrong := func(why string) []string { return []string{fmt.Sprintf("%v: %s", k, why)} }
	switch {
	case logKey.MatchString(k.key) && k.kind == "stream":
		// ID, m, text; a second field would be a part more.
		for entry := range slices.Chunk(k.parts, 3) {
			if len(entry) != 3 || !messageID.MatchString(entry[0]) || entry[1] != "m" {
				return wrong("an entry is more than its text")
			}
		}
	case nonceKey.MatchString(k.key) && k.kind == "string":
		if len(k.parts) != 1 || !messageID.MatchString(k.parts[0]) {
			return wrong("a nonce is more than its ID")
		}
	case trimmedKey.MatchString(k.key) && k.kind == "string":
		if len(k.parts) != 1 || !messageID.MatchString(k.parts[0]) {
			return wrong("the end of what was trimmed is more than an ID")
		}
	case recentsKey.MatchString(k.key) && k.kind == "zset":
		for line := range slices.Chunk(k.parts, 2) {
			if at, err := strconv.ParseInt(line[1], 10, 64); err != nil || at%300 != 0 {
				return wrong("a time is finer than 5 minutes")
			}
		}
	case k.key == endedKey && k.kind == "zset":
		for line := range slices.Chunk(k.parts, 2) {
			if ends, err := strconv.ParseInt(line[1], 10, 64); err != nil || ends%86400 != 0 || !endedHash.MatchString(line[0]) {
				return wrong("an ended session is more than its hash and a day")
			}
		}
	case k.key == mutedKey && k.kind == "zset":
		for line := range slices.Chunk(k.parts, 2) {
			if ends, err := strconv.ParseInt(line[1], 10, 64); err != nil || ends%300 != 0 || !mutedMark.MatchString(line[0]) {
				return wrong("a mute is more than its mark and the end of an interval")
			}
		}
	case k.key == ordersKey && k.kind == "stream":
		for entry := range slices.Chunk(k.parts, 3) {
			if len(entry) != 3 || orderValues[entry[1]] == nil || !orderValues[entry[1]].MatchString(entry[2]) {
				return wrong("an order is more than its kind may hold")
			}
		}
	case removedKey.MatchString(k.key) && k.kind == "zset":
		for line := range slices.Chunk(k.parts, 2) {
			if at, err := strconv.ParseInt(line[1], 10, 64); err != nil || at <= 0 || !messageID.MatchString(line[0]) {
				return wrong("a removal is more than an ID and a time")
			}
		}
	case k.key == hiddenKey && k.kind == "zset":
		for line := range slices.Chunk(k.parts, 2) {
			if _, err := strconv.ParseInt(line[1], 10, 64); err != nil || !hiddenName.MatchString(line[0]) {
				return wrong("a hidden name is more than hashes and an end")
			}
		}
	case k.key == reportsKey && k.kind == "zset":
		for line := range slices.Chunk(k.parts, 2) {
			if !reportMember.MatchString(line[0]) || !reportScore.MatchString(line[1]) {
				return wrong("a report is more than a room, an ID and counts")
			}
		}
	case linkKey.MatchString(k.key) && k.kind == "string":
		if !slices.Equal(k.parts, []string{"1"}) {
			return wrong("a link is more than its hash")
		}
	case k.key == retentionKey && k.kind == "hash":
		for field := range slices.Chunk(k.parts, 2) {
			if !slices.Contains([]string{"oldest", "expired", "primary"}, field[0]) || !retentionValue.MatchString(field[1]) {
				return wrong("the retention job keeps more than times")
			}
		}
	case k.key == leaderKey && k.kind == "string":
		if len(k.parts) != 1 || !leaderValue.MatchString(k.parts[0]) {
			return wrong("the leader is more than a token")
		}
	case trialKey.MatchString(k.key):
		// A process that is killed during its trial leaves them for a minute.
		if !trialParts.MatchString(strings.Join(k.parts, " ")) {
			return wrong("a trial is more than an x")
		}
	default:
		return wrong("a key that nobody knows")
	}
	return nil
}

// inText returns the lines of a log, or of any other file, in which one of the words
// stands.
func inText(name, text string, words []string) []string {
	var wrong []string
	n := 0
	for line := range strings.Lines(text) {
		n++
		if in := found(line, words); len(in) > 0 {
			wrong = append(wrong, fmt.Sprintf("%s:%d: %q in %q", name, n, in, line))
		}
	}
	return wrong
}
