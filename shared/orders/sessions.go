package orders

import (
	"context"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"chatter/shared/name"
	"chatter/shared/origin"
	"chatter/shared/redisconn"
	"chatter/shared/session"
)

const (
	// Ended is the kind of the orders that end a session. A member is a hash of the session, and
	// its end that of the cookie.
	Ended = "ended"

	// maxEnded bounds the hashes in Redis to about 15 MB.
	maxEnded = 1 << 17
	// day is what the ends of cookies are rounded up to.
	day = 24 * time.Hour
)

// Sessions finds the sessions of requests and knows which have ended. It is the Handler of
// the kind Ended, and safe for concurrent use.
type Sessions struct {
	register
	keys   *session.Keys
	refuse func(name.User) bool
}

// NewSessions returns the sessions that keys sign. A [Follower] must load it.
func NewSessions(client *redisconn.Client, prefix string, keys *session.Keys) *Sessions {
	return &Sessions{keys: keys, refuse: func(name.User) bool { return false }, register: register{
		client: client, prefix: prefix, kind: Ended, max: maxEnded, life: session.Lifetime + 2*day, lasts: true,
		keysOf: endedKeys, onNew: func() {}, ends: make(map[string]int64),
	}}
}

func endedKeys(hashes string) []string {
	return slices.DeleteFunc(strings.Fields(hashes), func(hash string) bool { return !session.ValidHash(hash) })
}

// OnEnd has f called after sessions have ended, and when it is known for the first time which
// have. It is called before Follow.
func (x *Sessions) OnEnd(f func()) { x.onNew = f }

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

// Ended reports whether the session with this hash has ended.
func (x *Sessions) Ended(hash string) bool { return x.inForce(hash) }

// End ends a session: in this process at once, in all others within a second. After an error,
// which wraps redisconn.ErrUnavailable, the others may not know of it.
func (x *Sessions) End(ctx context.Context, s session.Session) error {
	return x.put(ctx, s.Ends.Add(day-1).Truncate(day).Unix(), x.keys.Hashes(s)...)
}
