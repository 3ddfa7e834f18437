package orders

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"chatter/shared/redisconn"

	"github.com/redis/go-redis/v9"
)

// scanCount is how many members are read at once.
const scanCount = 1000

// register is what is in force of one kind: a sorted set in Redis, member → end in Unix
// seconds, and this process's copy of it. It is the Handler of its kind, and safe for
// concurrent use.
//
// The value of an order is an end and members that have it, separated by spaces. The end 0
// takes them out of the register.
type register struct {
	client *redisconn.Client
	prefix string
	kind   string        // the name of the set, too
	max    int           // members in Redis: beyond it, those are dropped that end first
	life   time.Duration // the set expires so long after its last change
	lasts  bool          // what Redis has lost stays in force in this process
	// keysOf returns the keys by which this process knows members, none of a malformed one.
	keysOf func(members string) []string
	onNew  func() // is called when something is in force that was not, or is known at last

	mu    sync.RWMutex
	known bool             // what is in force
	ends  map[string]int64 // by key; at most 2*max
}

// Known reports whether it is known what is in force.
func (r *register) Known() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.known
}

func (r *register) empty() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.ends) == 0
}

// inForce reports whether one of the keys is in force.
func (r *register) inForce(keys ...string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	now := time.Now().Unix()
	return slices.ContainsFunc(keys, func(key string) bool { return r.ends[key] > now })
}

// put puts members in force: in this process at once, in all others within a second. After an
// error, which wraps redisconn.ErrUnavailable, the others may not know of it.
func (r *register) put(ctx context.Context, end int64, members ...string) error {
	value := strconv.FormatInt(end, 10) + " " + strings.Join(members, " ")
	r.Apply([]string{value})
	key, stored := r.prefix+r.kind, make([]redis.Z, len(members))
	for i, member := range members {
		stored[i] = redis.Z{Score: float64(end), Member: member}
	}
	pipe := r.client.Universal().Pipeline()
	pipe.ZAdd(ctx, key, stored...)
	pipe.ZRemRangeByScore(ctx, key, "-inf", strconv.FormatInt(time.Now().Unix(), 10))
	pipe.ZRemRangeByRank(ctx, key, 0, int64(-r.max-1))
	pipe.PExpire(ctx, key, r.life)
	if _, err := pipe.Exec(ctx); err != nil {
		return redisconn.Unavailable("store order", err)
	}
	return announce(ctx, r.client, r.prefix, r.kind, value)
}

// remove takes a member out of the register, as put puts it in.
func (r *register) remove(ctx context.Context, member string) error {
	if err := r.client.Universal().ZRem(ctx, r.prefix+r.kind, member).Err(); err != nil {
		return redisconn.Unavailable("remove order", err)
	}
	value := "0 " + member
	r.Apply([]string{value})
	return announce(ctx, r.client, r.prefix, r.kind, value)
}

// read returns what Redis has, but for members that are over.
func (r *register) read(ctx context.Context) (map[string]int64, error) {
	members := make(map[string]int64)
	for cursor := uint64(0); ; {
		pairs, next, err := r.client.Universal().ZScan(ctx, r.prefix+r.kind, cursor, "", scanCount).Result()
		if err := redisconn.Unavailable("read orders in force", err); err != nil {
			return nil, err
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			if end, err := strconv.ParseFloat(pairs[i+1], 64); err == nil && int64(end) > time.Now().Unix() {
				members[pairs[i]] = int64(end)
			}
		}
		if cursor = next; cursor == 0 {
			return members, nil
		}
	}
}

// Load implements Handler.
func (r *register) Load(ctx context.Context) error {
	members, err := r.read(ctx)
	if err != nil {
		return err
	}
	ends := make(map[string]int64)
	for member, end := range members {
		for _, key := range r.keysOf(member) {
			ends[key] = max(ends[key], end)
		}
	}
	r.mu.Lock()
	added := !r.known
	for key := range ends {
		_, before := r.ends[key]
		added = added || !before
	}
	for key, end := range r.ends {
		if r.lasts && end > time.Now().Unix() && len(ends) < 2*r.max {
			ends[key] = max(ends[key], end)
		}
	}
	r.ends, r.known = ends, true
	r.mu.Unlock()
	if added {
		r.onNew()
	}
	return nil
}

// Apply implements Handler.
func (r *register) Apply(values []string) {
	added := false
	r.mu.Lock()
	for _, value := range values {
		text, members, _ := strings.Cut(value, " ")
		end, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			continue
		}
		for _, key := range r.keysOf(members) {
			before, known := r.ends[key]
			switch {
			case end == 0:
				delete(r.ends, key)
			case known || len(r.ends) < 2*r.max: // a later Load has the others
				r.ends[key] = max(before, end)
				added = added || !known
			}
		}
	}
	r.mu.Unlock()
	if added {
		r.onNew()
	}
}
