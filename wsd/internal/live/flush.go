package live

import (
	"errors"
	"slices"

	"chatter/shared/wire"
)

const (
	// fullChunk is how many bytes a member that is behind is given in one write.
	fullChunk = 64 << 10
	// smallChunk is the same once maxWaiting is reached. Each member may have so much waiting even
	// then.
	smallChunk = 4 << 10
	// maxWaiting bounds what waits for the slow members of a process together.
	maxWaiting = 64 << 20
)

var errNoMemory = errors.New("too much waits for slow members")

// Waiting is how many bytes wait for members whose sockets take their time.
func (h *Hub) Waiting() int64 { return h.waiting.Load() }

// chunkSize is how many bytes a member that is behind is given in one write now.
func (h *Hub) chunkSize() int {
	if h.waiting.Load() < h.maxWaiting {
		return fullChunk
	}
	return smallChunk
}

// chunk is what a member is sent next.
type chunk struct {
	frames []byte
	more   bool          // the tail or the removals go on behind it
	last   bool          // nothing is written after it
	sent   chan struct{} // closed when it has been written, or cannot be; nil if nobody waits
}

// Flush writes what is due to the member. It does not block: a socket that would gets a
// goroutine of its own until the member has caught up.
func (w *writer) Flush() {
	if !w.worker.Wake() {
		return
	}
	for {
		c := w.next()
		var n int
		var err error
		if len(c.frames) > 0 {
			n, err = w.conn.TryWrite(c.frames)
		}
		if err == nil && n < len(c.frames) {
			c.frames = c.frames[n:]
			go w.catchUp(c)
			return
		}
		if w.written(c, err) {
			return
		}
	}
}

// catchUp is the worker while the socket takes its time: it writes c and what follows,
// and blocks for it. It writes a copy: a slow member must not keep the room's memory alive.
func (w *writer) catchUp(c chunk) {
	for {
		c.frames = slices.Clone(c.frames)
		var err error
		switch {
		case !w.setChunk(cap(c.frames)):
			w.room.hub.counts.TooSlow.Add(1)
			err = errNoMemory
		case len(c.frames) > 0:
			err = w.conn.Write(c.frames)
		}
		w.setChunk(0)
		if w.written(c, err) {
			return
		}
		c = w.next()
	}
}

// setChunk notes how many bytes catchUp has in hand. It reports false if too much waits.
func (w *writer) setChunk(bytes int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.chunk = bytes
	return w.countWaitingLocked()
}

// countWaitingLocked counts what waits for the member while catchUp is at work: its chunk and the
// private frames. It reports false if that is too much. While catchUp is not at work, nothing
// waits, because private frames are written at once.
func (w *writer) countWaitingLocked() bool {
	if w.chunk == 0 && w.waiting == 0 || w.room == nil {
		return true
	}
	waiting := 0
	if w.chunk > 0 {
		waiting = w.chunk + cap(w.private)
	}
	h := w.room.hub
	all := h.waiting.Add(int64(waiting - w.waiting))
	w.waiting = waiting
	return waiting <= smallChunk || all <= h.maxWaiting
}

// written notes what became of c. It reports whether the worker is done.
func (w *writer) written(c chunk, err error) (done bool) {
	if err != nil {
		w.conn.Abort()
	}
	if done = c.last || err != nil; done {
		w.stop()
	}
	if c.sent != nil {
		close(c.sent)
	}
	return done || !c.more && w.worker.Sleep()
}

// next takes the next frames for the member, a chunk of them, and moves its cursor past
// them. Only the worker calls it.
func (w *writer) next() (c chunk) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.frames, w.private = w.private, nil
	c.sent, w.sent = w.sent, nil
	if w.state == joined || w.state == closing {
		w.addTailLocked(&c, w.room.view.Load())
	}
	if w.state == leaving || w.state == closing && !c.more {
		if w.code != 0 {
			c.frames = append(c.frames, closeFrame(w.code, w.reason)...)
		}
		c.last = true
	}
	return c
}

// welcome is what a member is told beside the frames of the tail:
//
//	afterGap ── gap sent ──► resumed ── all it missed and live sent ──► welcomed
//
// A gap in the log leads back to afterGap.
type welcome uint8

const (
	welcomed welcome = iota // nothing
	resumed                 // "live" after all that it missed
	afterGap                // "gap" before the newest page, and "live" after it
)

// String implements fmt.Stringer.
func (w welcome) String() string { return [...]string{"welcomed", "resumed", "afterGap"}[w] }

var gapFrame = appendFrame(nil, opText, wire.AppendGap(nil))

// gap counts a gap, and returns the frames that tell the member of it.
func (w *writer) gap() []byte {
	w.room.hub.counts.Gaps.Add(1)
	if w.protocol != Events {
		return nil
	}
	return slices.Clip(gapFrame)
}

// addTailLocked adds the frames from the cursor on, the events that are due before and after
// them, and the removals. In the usual case, nothing else being due, that is a slice of the
// tail itself.
func (w *writer) addTailLocked(c *chunk, v *view) {
	hasPage := true
	if w.cursor < v.resetAt {
		w.cursor, hasPage = v.page()
		w.welcome = afterGap
	}
	w.cursor = max(w.cursor, v.expired)
	if w.cursor < v.base || !hasPage {
		w.closeTooSlowLocked()
		return
	}
	most := w.room.hub.chunkSize()
	frames, cursor := v.next(w.cursor, most)
	w.cursor, c.more = cursor, cursor < v.head()
	if w.welcome == afterGap {
		c.frames = append(c.frames, w.gap()...)
		w.welcome, w.since = resumed, wire.ID{}
	}
	if len(c.frames) == 0 && w.welcome == welcomed {
		c.frames = slices.Clip(frames) // the bytes behind them are the tail's
	} else {
		c.frames = append(c.frames, frames...)
	}
	if w.welcome == resumed && !c.more {
		if w.protocol == Events {
			// The entry of since, and what followed, may be gone.
			last := slices.MaxFunc([]wire.ID{v.last(), w.since}, wire.ID.Compare)
			c.frames = appendFrame(c.frames, opText, wire.AppendLive(nil, last))
		}
		w.welcome = welcomed
	}
	if w.welcome == welcomed && w.protocol == Events {
		w.addRemovedLocked(c, v, most)
	}
}
