// Package wake starts one worker for work that is requested from many goroutines, and
// merges the requests that come while it works.
//
//	         Wake: true          Wake
//	asleep ────────────► awake ────────► again
//	  ▲                  │   ▲             │
//	  └──── Sleep: true ─┘   └─ Sleep: false
package wake

import "sync/atomic"

type state = uint32

const (
	asleep state = iota
	awake
	again // awake, and woken since the worker last looked for work
)

// Worker says whether a worker is at work. The zero value is asleep. Its methods do not
// block and are safe for concurrent use. What happens before a Wake happens before the
// worker's next look for work.
type Worker struct{ state atomic.Uint32 }

// Wake reports whether the caller must start the worker: look for work, do it, and call
// Sleep. Otherwise the worker is awake and looks again.
func (w *Worker) Wake() (start bool) {
	if w.state.CompareAndSwap(asleep, awake) {
		return true
	}
	if w.state.Swap(again) != asleep {
		return false
	}
	w.state.Store(awake) // it fell asleep between the two
	return true
}

// Sleep is called by the worker when it finds no more work. It reports false if Wake was
// called since the worker looked: the worker must look again.
func (w *Worker) Sleep() (slept bool) {
	if w.state.CompareAndSwap(awake, asleep) {
		return true
	}
	w.state.Swap(awake)
	return false
}

// String is the state, for logs and tests.
func (w *Worker) String() string {
	return [...]string{asleep: "asleep", awake: "awake", again: "again"}[w.state.Load()]
}
