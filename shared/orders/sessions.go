package orders

import (
	"context"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/origin"
	"chatter/shared/redisconn"
	"chatter/shared/session"

	"github.com/redis/go-redis/v9"
)

const (
	// Ended is the kind of the orders that end a session. A value is the end of the cookie in
	// Unix seconds and the session's hashes, separated by spaces.
	Ended = "ended"

	// maxEnded bounds the hashes in Redis to about 15 MB; a process keeps twice as many at
	// most. Beyond it, those are dropped whose cookies end first.
	maxEnded = 1 << 17
	// day is what the ends of cookies are rounded up to.
	day = 24 * time.Hour
	// scanCount is how many hashes are read at once.
	scanCount = 1000
)

// Sessions finds the sessions of requests and knows which have ended. It is the Handler of
// the kind Ended, and safe for concurrent use.
type Sessions struct {
	client *redisconn.Client
	prefix string
	keys   *session.Keys
	max    int
	onEnd  func()
	refuse func(name.User) bool

	mu    sync.RWMutex
	known bool             // which sessions have ended
	ended map[string]int64 // hash → end of the cookie, in Unix seconds
}

// NewSessions returns the sessions that keys sign. A [Follower] must load it.
func NewSessions(client *redisconn.Client, prefix string, keys *session.Keys) *Sessions {
	return &Sessions{
		client: client, prefix: prefix, keys: keys, max: maxEnded, onEnd: func() {},
		refuse: func(name.User) bool { return false },
		ended:  make(map[string]int64),
	}
}

// OnEnd has f called after sessions have ended, and when it is known for the first time which
// have. It is called before Follow.
func (x *Sessions) OnEnd(f func()) { x.onEnd = f }

// Refuse makes sessions with these names count as none. It is called before a request.
func (x *Sessions) Refuse(names func(name.User) bool) { x.refuse = names }

// FromRequest returns the session of the request, the only valid one that has not ended.
// site is the origin under which the browser sees the site. The only error is session.ErrNone.
func (x *Sessions) FromRequest(r *http.Request, now time.Time, site origin.Origin) (session.Session, error) {
	return session.Only(x.All(r, now, site))
}

// All yields the valid sessions of the request that have not ended and whose names are not
// refused.
func (x *Sessions) All(r *http.Request, now time.Time, site origin.Origin) iter.Seq[session.Session] {
	return func(yield func(session.Session) bool) {
		for s := range x.keys.FromCookies(r, now, site) {
			if !x.Ended(s.Hash) && !x.refuse(s.User) && !yield(s) {
				return
			}
		}
	}
}

// Known reports whether it is known which sessions have ended.
func (x *Sessions) Known() bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.known
}

// Ended reports whether the session with this hash has ended.
func (x *Sessions) Ended(hash string) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	_, ended := x.ended[hash]
	return ended
}

// End ends a session: in this process at once, in all others within a second. An error, which
// wraps redisconn.ErrUnavailable, means that the others may not know of it.
func (x *Sessions) End(ctx context.Context, s session.Session) error {
	hashes, ends := x.keys.Hashes(s), s.Ends.Add(day-1).Truncate(day).Unix()
	read := make(map[string]int64, len(hashes))
	members := make([]redis.Z, len(hashes))
	for i, hash := range hashes {
		read[hash] = ends
		members[i] = redis.Z{Score: float64(ends), Member: hash}
	}
	x.add(read)

	key := x.prefix + Ended
	pipe := x.client.Universal().Pipeline()
	pipe.ZAdd(ctx, key, members...)
	pipe.ZRemRangeByScore(ctx, key, "-inf", "("+strconv.FormatInt(time.Now().Unix(), 10))
	pipe.ZRemRangeByRank(ctx, key, 0, int64(-x.max-1))
	pipe.PExpire(ctx, key, session.Lifetime+2*day)
	if _, err := pipe.Exec(ctx); err != nil {
		return redisconn.Unavailable("end session", err)
	}
	value := strconv.FormatInt(ends, 10) + " " + strings.Join(hashes, " ")
	return announce(ctx, x.client, x.prefix, Ended, value)
}

// Load implements Handler.
func (x *Sessions) Load(ctx context.Context) error {
	read := make(map[string]int64)
	for cursor := uint64(0); ; {
		pairs, next, err := x.client.Universal().ZScan(ctx, x.prefix+Ended, cursor, "", scanCount).Result()
		if err := redisconn.Unavailable("read ended sessions", err); err != nil {
			return err
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			ends, err := strconv.ParseFloat(pairs[i+1], 64)
			if err == nil && session.ValidHash(pairs[i]) {
				read[pairs[i]] = int64(ends)
			}
		}
		if cursor = next; cursor == 0 {
			break
		}
	}
	x.loaded(read)
	return nil
}

// loaded takes what Redis has. Hashes that are known already stay, unless there are too many:
// Redis may have lost them.
func (x *Sessions) loaded(read map[string]int64) {
	x.mu.Lock()
	now := time.Now().Unix()
	for hash, ends := range x.ended {
		if _, there := read[hash]; ends < now || !there && len(x.ended) > x.max {
			delete(x.ended, hash)
		}
	}
	first := !x.known
	x.known = true
	x.mu.Unlock()
	if !x.add(read) && first {
		x.onEnd()
	}
}

// Apply implements Handler.
func (x *Sessions) Apply(values []string) {
	read := make(map[string]int64)
	for _, value := range values {
		fields := strings.Fields(value)
		if len(fields) == 0 {
			continue
		}
		ends, err := strconv.ParseInt(fields[0], 10, 64)
		for _, hash := range fields[1:] {
			if err == nil && session.ValidHash(hash) {
				read[hash] = ends
			}
		}
	}
	x.add(read)
}

// add notes ended sessions; those that are too many are left to the next Load. It reports whether one is new, after onEnd has been called.
func (x *Sessions) add(read map[string]int64) (added bool) {
	x.mu.Lock()
	for hash, ends := range read {
		if _, known := x.ended[hash]; !known && len(x.ended) < 2*x.max {
			x.ended[hash], added = ends, true
		}
	}
	x.mu.Unlock()
	if added {
		x.onEnd()
	}
	return added
}
