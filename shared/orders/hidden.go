package orders

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/session"

	"github.com/redis/go-redis/v9"
)

const (
	// Hide is the kind of the orders that hide a name from a list, or show it again. A value is
	// the end in Unix seconds, 0 to show the name again, and the member of the sorted set
	// PREFIXhidden: the list and the hashes of the name, separated by spaces.
	Hide = "hidden"

	// hideFor is how long a name is hidden: no longer than names are listed.
	hideFor = 24 * time.Hour
	// maxHidden bounds what the operator may hide at once.
	maxHidden = 10_000
	// handleLen is the length of a handle: among maxHidden names two seldom have the same.
	handleLen = 8
)

// HiddenName is a name that is hidden. Nobody knows the name itself any more.
type HiddenName struct {
	Handle string // with which it can be shown again
	List   string // "users" or "rooms"
	Until  time.Time
}

// Hidden knows which names are not listed. It is the Handler of the kind Hide, and safe for
// concurrent use.
type Hidden struct {
	client *redisconn.Client
	prefix string
	keys   *session.Keys

	changing sync.Mutex // held from a read of what is in force to its use; before mu

	mu     sync.RWMutex
	until  map[string]int64 // member → end, in Unix seconds
	hashes map[string]int64 // list and hash → end
}

// NewHidden returns the names that are hidden. A [Follower] must load it.
func NewHidden(client *redisconn.Client, prefix string, keys *session.Keys) *Hidden {
	return &Hidden{client: client, prefix: prefix, keys: keys, until: make(map[string]int64), hashes: make(map[string]int64)}
}

// Hides reports whether the name with this key is hidden from a list.
func (x *Hidden) Hides(list, key string) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if len(x.hashes) == 0 {
		return false
	}
	now := time.Now().Unix()
	return slices.ContainsFunc(x.keys.NameHashes(key), func(hash string) bool { return x.hashes[list+" "+hash] > now })
}

// Hide hides the name with this key from a list for a day: in this process at once, in all
// others within a second. The error wraps redisconn.ErrUnavailable.
func (x *Hidden) Hide(ctx context.Context, list, key string) error {
	member, until := list+" "+strings.Join(x.keys.NameHashes(key), " "), time.Now().Add(hideFor).Unix()
	pipe := x.client.Universal().Pipeline()
	pipe.ZAdd(ctx, x.prefix+Hide, redis.Z{Score: float64(until), Member: member})
	pipe.ZRemRangeByScore(ctx, x.prefix+Hide, "-inf", strconv.FormatInt(time.Now().Unix(), 10))
	pipe.ZRemRangeByRank(ctx, x.prefix+Hide, 0, -maxHidden-1)
	pipe.PExpire(ctx, x.prefix+Hide, hideFor)
	if _, err := pipe.Exec(ctx); err != nil {
		return redisconn.Unavailable("hide name", err)
	}
	return x.tell(ctx, until, member)
}

// Show lists the names with this handle again. It reports whether there is one. The error wraps
// redisconn.ErrUnavailable.
func (x *Hidden) Show(ctx context.Context, handle string) (found bool, err error) {
	if err := x.Load(ctx); err != nil {
		return false, err
	}
	for member := range x.members() {
		if handleOf(member) != handle {
			continue
		}
		found = true
		if err := x.client.Universal().ZRem(ctx, x.prefix+Hide, member).Err(); err != nil {
			return true, redisconn.Unavailable("show name", err)
		}
		if err := x.tell(ctx, 0, member); err != nil {
			return true, err
		}
	}
	return found, nil
}

// tell has this process obey, and all others.
func (x *Hidden) tell(ctx context.Context, until int64, member string) error {
	value := strconv.FormatInt(until, 10) + " " + member
	x.Apply([]string{value})
	return announce(ctx, x.client, x.prefix, Hide, value)
}

// InForce returns what is hidden, in the order of the ends. The error wraps
// redisconn.ErrUnavailable.
func (x *Hidden) InForce(ctx context.Context) (names []HiddenName, err error) {
	if err := x.Load(ctx); err != nil {
		return nil, err
	}
	for member, until := range x.members() {
		list, _, _ := strings.Cut(member, " ")
		names = append(names, HiddenName{handleOf(member), list, time.Unix(until, 0)})
	}
	slices.SortFunc(names, func(a, b HiddenName) int { return a.Until.Compare(b.Until) })
	return names, nil
}

func (x *Hidden) members() map[string]int64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return maps.Clone(x.until)
}

// handleOf returns the beginning of the member's first hash.
func handleOf(member string) string { return strings.Fields(member)[1][:handleLen] }

// Load implements Handler.
func (x *Hidden) Load(ctx context.Context) error {
	x.changing.Lock()
	defer x.changing.Unlock()
	now := strconv.FormatInt(time.Now().Unix(), 10)
	read, err := x.client.Universal().ZRangeByScoreWithScores(ctx, x.prefix+Hide, &redis.ZRangeBy{Min: now, Max: "+inf"}).Result()
	if err != nil {
		return redisconn.Unavailable("read hidden names", err)
	}
	until := make(map[string]int64, len(read))
	for _, z := range read {
		if member, ok := z.Member.(string); ok && validHidden(member) {
			until[member] = int64(z.Score)
		}
	}
	x.set(until)
	return nil
}

// Apply implements Handler.
func (x *Hidden) Apply(values []string) {
	x.changing.Lock()
	defer x.changing.Unlock()
	all := x.members()
	for _, value := range values {
		text, member, _ := strings.Cut(value, " ")
		until, err := strconv.ParseInt(text, 10, 64)
		if err != nil || !validHidden(member) {
			continue
		}
		if until == 0 {
			delete(all, member)
		} else {
			all[member] = until
		}
	}
	x.set(all)
}

func (x *Hidden) set(until map[string]int64) {
	hashes := make(map[string]int64)
	for member, end := range until {
		fields := strings.Fields(member)
		for _, hash := range fields[1:] {
			key := fmt.Sprint(fields[0], " ", hash)
			hashes[key] = max(hashes[key], end)
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.until, x.hashes = until, hashes
}

func validHidden(member string) bool {
	fields := strings.Fields(member)
	return len(fields) > 1 && !slices.ContainsFunc(fields[1:], func(hash string) bool { return !session.ValidHash(hash) })
}
