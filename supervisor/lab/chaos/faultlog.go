package main

import (
	"sync"
	"time"
)

// none is the kind of the time before the first fault.
const none = "no fault"

// faultLog is the list of injected faults. A failure is attributed to the last fault before it.
type faultLog struct {
	mu     sync.Mutex
	faults []injected
}

// injected is a fault that was injected.
type injected struct {
	kind string
	at   time.Time
	note string // an anomaly that was found
}

func (l *faultLog) add(kind string, at time.Time) (index int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, injected{kind: kind, at: at})
	return len(l.faults) - 1
}

func (l *faultLog) annotate(index int, note string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults[index].note = note
}

// at returns the kind of the last fault before t.
func (l *faultLog) at(t time.Time) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.faults) - 1; i >= 0; i-- {
		if !l.faults[i].at.After(t) {
			return l.faults[i].kind
		}
	}
	return none
}
