package live

import (
	"errors"
	"slices"
)

const (
	// WaitingMemory bounds what waits for the slow members of a process together, unless
	// Options have another bound.
	WaitingMemory = 64 << 20
	// waitingShare may wait for a member however much waits for others.
	waitingShare = 4 << 10
)

var errNoMemory = errors.New("too much waits for slow members")

// WaitingMemory is how many bytes wait for members whose sockets take their time.
func (h *Hub) WaitingMemory() int64 { return h.waiting.Load() }

// chunkBytes is how much a member that is behind is given in one write.
func (h *Hub) chunkBytes() int {
	if h.waiting.Load() < h.waitingMemory {
		return chunkBytes
	}
	return waitingShare
}

// keep makes the frames of c the worker's own: a slow member must not keep the room's
// memory alive. It fails if too much waits for all members together.
func (w *writer) keep(c *chunk) error {
	c.frames = slices.Clone(c.frames)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.chunk = cap(c.frames)
	if w.countWaitingLocked() {
		return nil
	}
	w.chunk = 0
	w.countWaitingLocked()
	w.room.hub.counts.TooSlow.Add(1)
	return errNoMemory
}

// letGo is called by catchUp when it needs the frames of its chunk no more.
func (w *writer) letGo() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.chunk = 0
	w.countWaitingLocked()
}

// countWaitingLocked counts what waits for the member while catchUp is at work. It reports
// false if that is too much. Otherwise own frames are written at once.
func (w *writer) countWaitingLocked() bool {
	if w.chunk == 0 && w.waiting == 0 || w.room == nil {
		return true
	}
	waiting := 0
	if w.chunk > 0 {
		waiting = w.chunk + cap(w.own)
	}
	h := w.room.hub
	all := h.waiting.Add(int64(waiting - w.waiting))
	w.waiting = waiting
	return waiting <= waitingShare || all <= h.waitingMemory
}
