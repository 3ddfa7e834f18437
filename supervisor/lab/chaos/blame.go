package main

import (
	"sync"
	"time"
)

// none is the kind of what happens before the first fault.
const none = "no fault"

// blame knows which fault was the last at any time, so that what fails can be put to it.
type blame struct {
	mu     sync.Mutex
	faults []happened
}

// happened is a fault that was injected.
type happened struct {
	kind  string
	at    time.Time
	ready time.Time // when what it ended had been started again; zero if it says nothing of that
	note  string    // what was found wrong with it
}

func (b *blame) begin(kind string, at time.Time) (index int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, happened{kind: kind, at: at})
	return len(b.faults) - 1
}

func (b *blame) finish(index int, ready time.Time, note string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults[index].ready, b.faults[index].note = ready, note
}

func (b *blame) now() string { return b.at(time.Now()) }

// at is the kind of the last fault before t.
func (b *blame) at(t time.Time) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := len(b.faults) - 1; i >= 0; i-- {
		if !b.faults[i].at.After(t) {
			return b.faults[i].kind
		}
	}
	return none
}

func (b *blame) all() []happened {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]happened(nil), b.faults...)
}
