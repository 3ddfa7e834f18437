package limits

import "time"

// table is a map that is bounded. A full one removes what was not used for its life. If too
// much is left, it removes some at random: an attacker gains as much by a new session or
// address.
type table[K comparable, V any] struct {
	max     int           // entries, at most
	life    time.Duration // after this time, an unused entry is as good as a new one
	entries map[K]*tableEntry[V]
}

type tableEntry[V any] struct {
	value V
	used  time.Time
}

func newTable[K comparable, V any](max int, life time.Duration) table[K, V] {
	return table[K, V]{max, life, make(map[K]*tableEntry[V])}
}

// get returns the value of a key, a new one if there is none.
func (t *table[K, V]) get(key K, now time.Time) *V {
	e := t.entries[key]
	if e == nil {
		if len(t.entries) >= t.max {
			t.shrink(now)
		}
		e = new(tableEntry[V])
		t.entries[key] = e
	}
	e.used = now
	return &e.value
}

// shrink removes a quarter at least, so that not every new entry does this again.
func (t *table[K, V]) shrink(now time.Time) {
	t.forget(now)
	for key := range t.entries {
		if len(t.entries) <= t.max*3/4 {
			return
		}
		delete(t.entries, key)
	}
}

// forget removes what was not used for its life.
func (t *table[K, V]) forget(now time.Time) {
	for key, e := range t.entries {
		if now.Sub(e.used) > t.life {
			delete(t.entries, key)
		}
	}
}
