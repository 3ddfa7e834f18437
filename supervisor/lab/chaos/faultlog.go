package main

import (
	"slices"
	"sync"
	"time"
)

// calm is the kind of the time before the first fault.
const calm = "no fault"

// faultLog holds all faults and attacks, and the measurements by their kinds. It is safe for
// concurrent use; its fields are read at the end of the trial.
type faultLog struct {
	mu     sync.Mutex
	faults []injected
	byKind map[string]*measurements
}

// injected is a fault that was injected, or an attack that was made.
type injected struct {
	kind string
	at   time.Time
	note string // on an attack
}

// measurements are attributed to one kind of fault.
type measurements struct {
	times      int             // how often the fault occurred
	back       []time.Duration // for which clients were cut off or silent
	acks       []time.Duration // from a message to its ack
	pages      map[string]int  // requests by outcome
	handshakes map[string]int  // failed ones by outcome
	refusals   map[string]int  // of messages by code, except while a service is unavailable
}

// add logs a fault that begins now.
func (l *faultLog) add(kind string) {
	l.record(kind, func(m *measurements) {
		m.times++
		l.faults = append(l.faults, injected{kind: kind, at: time.Now()})
	})
}

// annotate adds a note to the last fault.
func (l *faultLog) annotate(note string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults[len(l.faults)-1].note = note
}

// at returns the kind to which a failure at time t is attributed: that of the last fault
// before it, unless that is a fault in the network of single guests.
func (l *faultLog) at(t time.Time) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range slices.Backward(l.faults) {
		if !f.at.After(t) && f.kind != kindCut && f.kind != kindSilence {
			return f.kind
		}
	}
	return calm
}

// record has a function change the measurements of a kind.
func (l *faultLog) record(kind string, change func(*measurements)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byKind == nil {
		l.byKind = make(map[string]*measurements)
	}
	if l.byKind[kind] == nil {
		l.byKind[kind] = &measurements{pages: make(map[string]int), handshakes: make(map[string]int), refusals: make(map[string]int)}
	}
	change(l.byKind[kind])
}
