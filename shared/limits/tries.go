package limits

import (
	"sync"
	"time"
)

// maxTries bounds the memory of Tries to about 2 MB.
const maxTries = 1 << 14

// Tries bounds how often an address class may fail at something, such as a phrase. It is safe
// for concurrent use.
type Tries struct {
	rate Rate

	mu      sync.Mutex
	classes table[Class, bucket]
}

// NewTries returns Tries that allow each class the failures of a rate.
func NewTries(r Rate) *Tries {
	return &Tries{rate: r, classes: newTable[Class, bucket](maxTries, lifeOf(r))}
}

// Wait returns how long the class must wait before it may try again, 0 if it need not.
func (t *Tries) Wait(class Class, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.classes.get(class, now)
	b.refill(t.rate, now)
	return b.wait(t.rate, 1)
}

// Fail counts a failure.
func (t *Tries) Fail(class Class, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.classes.get(class, now)
	b.refill(t.rate, now)
	b.charge(1)
}
