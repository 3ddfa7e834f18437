package live

import (
	"slices"

	"chatter/shared/wire"
)

// chunk is what a member is sent next.
type chunk struct {
	frames []byte
	more   bool          // the run goes on behind it
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
		var err error
		if len(c.frames) > 0 {
			var n int
			n, err = w.conn.TryWrite(c.frames)
			if err == nil && n < len(c.frames) {
				c.frames = c.frames[n:]
				if err = w.keep(&c); err == nil {
					go w.catchUp(c)
					return
				}
			}
		}
		if w.written(c, err) {
			return
		}
	}
}

// catchUp is the worker while the socket takes its time: it writes c and what follows,
// and blocks for it.
func (w *writer) catchUp(c chunk) {
	var err error
	for {
		if len(c.frames) > 0 && err == nil {
			err = w.conn.Write(c.frames)
		}
		w.letGo()
		if w.written(c, err) {
			return
		}
		c = w.next()
		err = w.keep(&c)
	}
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
	c.frames, w.own = w.own, nil
	c.sent, w.sent = w.sent, nil
	if w.state == following || w.state == closing {
		w.addRunLocked(&c, w.room.view.Load())
	}
	if w.state == leaving || w.state == closing && !c.more {
		c.frames = append(slices.Clip(c.frames), w.closeFrame...)
		c.last = true
	}
	return c
}

// addRunLocked adds the frames from the cursor on. In the usual case, nothing else
// being due, that is a slice of the run itself.
func (w *writer) addRunLocked(c *chunk, v *view) {
	if w.cursor < v.resetAt {
		w.cursor, w.welcome = v.page, afterGap
	}
	w.cursor = max(w.cursor, v.expired)
	if w.cursor < v.base {
		w.closeTooSlowLocked()
		return
	}
	start, end := v.next(w.cursor)
	w.cursor = start
	frames := v.buf[start-v.base : end-v.base]
	if most := w.room.hub.chunkBytes(); len(frames) > most {
		frames = frames[:wholeFrames(frames, most)]
	}
	w.cursor += uint64(len(frames))
	c.more = w.cursor < v.head()
	switch {
	case w.welcome != welcomed:
		w.addWelcomeLocked(c, frames, v.last)
	case len(c.frames) == 0:
		c.frames = frames
	default:
		c.frames = append(c.frames, frames...)
	}
	if w.welcome == welcomed && w.protocol == Events {
		w.addRemovedLocked(c, v)
	}
}

// welcome is what a member is told beside the frames of the run:
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

// addWelcomeLocked adds frames, and the events that are due before and after them.
func (w *writer) addWelcomeLocked(c *chunk, frames []byte, last wire.ID) {
	events := w.protocol == Events
	if w.welcome == afterGap {
		w.room.hub.counts.Gaps.Add(1)
		if events {
			c.frames = append(c.frames, gapFrame...)
		}
		w.welcome, w.since = resumed, wire.ID{}
	}
	c.frames = append(c.frames, frames...)
	if !c.more {
		if events {
			if last.Compare(w.since) < 0 { // the entry of since, and what followed, is gone
				last = w.since
			}
			c.frames = appendFrame(c.frames, opText, wire.AppendLive(nil, last))
		}
		w.welcome = welcomed
	}
}
