package limits

import "time"

// minSweep is the number of entries below which none is removed.
const minSweep = 1 << 10

// table is a map that is bounded. It removes what was not used for its life whenever it has
// doubled, so that the cost for each new entry is constant. If too much is left, it removes
// some at random: an attacker gains as much by a new session or address.
type table[K comparable, V any] struct {
	max     int           // entries, at most
	life    time.Duration // after this time, an unused entry is as good as a new one
	entries map[K]*tableEntry[V]
	sweepAt int
}

type tableEntry[V any] struct {
	value V
	used  time.Time
}

func newTable[K comparable, V any](max int, life time.Duration) table[K, V] {
	return table[K, V]{max: max, life: life, entries: make(map[K]*tableEntry[V]), sweepAt: minSweep}
}

// get returns the value of a key, a new one if there is none.
func (t *table[K, V]) get(key K, now time.Time) *V {
	e := t.entries[key]
	if e == nil {
		t.sweep(now)
		e = new(tableEntry[V])
		t.entries[key] = e
	}
	e.used = now
	return &e.value
}

func (t *table[K, V]) sweep(now time.Time) {
	if len(t.entries) < min(t.sweepAt, t.max) {
		return
	}
	t.forget(now)
	for key := range t.entries {
		// A quarter at a time, so that not every new entry does this again.
		if len(t.entries) <= t.max-max(t.max/4, 1) {
			break
		}
		delete(t.entries, key)
	}
	t.sweepAt = max(minSweep, 2*len(t.entries))
}

// forget removes what was not used for its life.
func (t *table[K, V]) forget(now time.Time) {
	for key, e := range t.entries {
		if now.Sub(e.used) > t.life {
			delete(t.entries, key)
		}
	}
}
