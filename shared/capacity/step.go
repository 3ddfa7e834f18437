// Package capacity knows how much of Redis's maxmemory is used. While little of it is left,
// less and less new is stored, so that reading and the rooms in use go on. It must not know
// what is stored.
package capacity

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Step says what is refused because of how full Redis is. Each step refuses what the ones
// before it refuse, too.
type Step uint8

const (
	Open       Step = iota // nothing
	NoNewNames             // guests whose name is not in the index's list
	NoNewRooms             // the first message of a room
	ShortTexts             // messages that are longer than MaxShortBytes
	Exhausted              // all messages: Redis itself refuses to store
)

// Steps are those that refuse something.
var Steps = []Step{NoNewNames, NoNewRooms, ShortTexts, Exhausted}

// MaxShortBytes bounds a short text: some 200 letters of English, two lines on a phone.
const MaxShortBytes = 200

// steps are the parts of maxmemory from which on the steps apply, and what they refuse, for the
// operator and for metrics.
var steps = [...]struct {
	share   float64
	refused string
}{
	Open:       {0, "nothing"},
	NoNewNames: {0.80, "new names"},
	NoNewRooms: {0.90, "new rooms"},
	ShortTexts: {0.95, "long texts"},
	Exhausted:  {1, "all texts"},
}

// String returns what the step refuses beyond the one before.
func (s Step) String() string { return steps[s].refused }

// stepOf returns the step for a part of maxmemory.
func stepOf(share float64) Step {
	s := Exhausted
	for s > Open && share < steps[s].share {
		s--
	}
	return s
}

// Full is the error that something was refused, and certainly not stored.
type Full struct{ Step Step }

// Error implements error.
func (f Full) Error() string { return fmt.Sprintf("redis is nearly full: %v are refused", f.Step) }

// RetryAfter returns how long a client should wait before it tries again. A part of it is
// random, so that those who were refused together do not come back together.
func RetryAfter() time.Duration { return 20*time.Second + rand.N(20*time.Second) }
