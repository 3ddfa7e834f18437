package orders

import (
	"context"
	"slices"
	"strings"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/session"
)

const (
	// Hide is the kind of the orders that hide a name from a list, or show it again. A member
	// is the list and the hashes of the name, separated by spaces.
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
	register
	keys *session.Keys
}

// NewHidden returns the names that are hidden. A [Follower] must load it.
func NewHidden(client *redisconn.Client, prefix string, keys *session.Keys) *Hidden {
	return &Hidden{keys: keys, register: register{
		client: client, prefix: prefix, kind: Hide, max: maxHidden, life: hideFor,
		keysOf: hiddenKeys, onNew: func() {}, ends: make(map[string]int64),
	}}
}

// member returns what stands for a name in Redis.
func (x *Hidden) member(list, key string) string {
	return list + " " + strings.Join(x.keys.NameHashes(key), " ")
}

// hiddenKeys returns the list of a member with each of the hashes.
func hiddenKeys(member string) (keys []string) {
	list, hashes, _ := strings.Cut(member, " ")
	for hash := range strings.FieldsSeq(hashes) {
		if !session.ValidHash(hash) {
			return nil
		}
		keys = append(keys, list+" "+hash)
	}
	return keys
}

// Hides reports whether the name with this key is hidden from a list.
func (x *Hidden) Hides(list, key string) bool {
	return !x.empty() && x.inForce(hiddenKeys(x.member(list, key))...)
}

// Hide hides the name with this key from a list for a day: in this process at once, in all
// others within a second. The error wraps redisconn.ErrUnavailable.
func (x *Hidden) Hide(ctx context.Context, list, key string) error {
	return x.put(ctx, time.Now().Add(hideFor).Unix(), x.member(list, key))
}

// Show lists the names with this handle again. It reports whether there is one. The error wraps
// redisconn.ErrUnavailable.
func (x *Hidden) Show(ctx context.Context, handle string) (found bool, err error) {
	members, err := x.read(ctx)
	for member := range members {
		if nameOf(member).Handle == handle {
			found = true
			if err := x.remove(ctx, member); err != nil {
				return true, err
			}
		}
	}
	return found, err
}

// InForce returns what is hidden, in the order of the ends. The error wraps
// redisconn.ErrUnavailable.
func (x *Hidden) InForce(ctx context.Context) (names []HiddenName, err error) {
	members, err := x.read(ctx)
	for member, end := range members {
		if h := nameOf(member); h.Handle != "" {
			h.Until = time.Unix(end, 0)
			names = append(names, h)
		}
	}
	slices.SortFunc(names, func(a, b HiddenName) int { return a.Until.Compare(b.Until) })
	return names, err
}

// nameOf returns the name of a member, whose handle is the beginning of its first hash. A
// malformed member has none.
func nameOf(member string) (h HiddenName) {
	if keys := hiddenKeys(member); len(keys) > 0 {
		list, hash, _ := strings.Cut(keys[0], " ")
		h.Handle, h.List = hash[:handleLen], list
	}
	return h
}
