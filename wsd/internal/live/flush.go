package live

import (
	"slices"

	"chatter/shared/wire"
)

var gapFrame = appendFrame(nil, opText, wire.AppendGap(nil))

// flush writes what the member lacks, without blocking. A socket that would
// block gets a goroutine of its own until it has caught up.
func (m *Member) flush() {
	if !m.acquire() {
		return
	}
	for {
		d := m.due()
		if len(d.frames) > 0 {
			n, err := m.conn.TryWrite(d.frames)
			if err != nil {
				m.finish(true)
				return
			}
			if n < len(d.frames) {
				// A copy: a slow member must not hold on to the room's memory.
				d.frames = slices.Clone(d.frames[n:])
				go m.catchUp(d)
				return
			}
		}
		if d.final {
			m.finish(false)
			return
		}
		if !d.more && m.release() {
			return
		}
	}
}

// catchUp writes d and what follows, blocking, until the member lacks
// nothing. It has the writing side.
func (m *Member) catchUp(d due) {
	for {
		if len(d.frames) > 0 {
			if err := m.conn.Write(d.frames); err != nil {
				m.finish(true)
				return
			}
		}
		if d.final {
			m.finish(false)
			return
		}
		if !d.more && m.release() {
			return
		}
		d = m.due()
		d.frames = slices.Clone(d.frames)
	}
}

// finish ends the writing side for good.
func (m *Member) finish(abort bool) {
	m.state.Store(closed)
	m.mu.Lock()
	m.ending = true
	m.sentLocked()
	if m.done != nil {
		close(m.done)
		m.done = nil
	}
	m.mu.Unlock()
	if abort {
		m.conn.Abort()
	}
}

// due is what a member is to be sent next.
type due struct {
	frames []byte
	more   bool // there is more to send
	final  bool // the close frame is at the end
}

// due takes the next frames for the member, a chunk of them, and moves its
// cursor past them. The caller has the writing side and must send them.
func (m *Member) due() due {
	m.mu.Lock()
	var d due
	if len(m.own) == 0 {
		m.sentLocked()
	}
	d.frames, m.own = m.own, nil
	waits, dropRun := m.sent != nil, m.dropRun
	m.mu.Unlock()

	if r := m.room.Load(); r != nil && !dropRun {
		m.appendRun(&d, r.view.Load())
	}

	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ending && (m.dropRun || !d.more) && len(m.own) == 0 {
		d.frames = append(slices.Clip(d.frames), m.goodbye...)
		d.final, d.more = true, false
		return d
	}
	d.more = d.more || waits
	return d
}

// sentLocked tells who waits for it that the bytes in own have been written.
func (m *Member) sentLocked() {
	if m.sent != nil {
		close(m.sent)
		m.sent = nil
	}
}

// appendRun adds the frames from the member's cursor on. In the usual case,
// nothing else being due, that is a slice of the run itself.
func (m *Member) appendRun(d *due, v *view) {
	if m.cursor < v.resetAt {
		m.cursor, m.welcome = v.page, broken
	}
	if m.cursor < v.base {
		m.fellBehind()
		return
	}
	frames := v.buf[m.cursor-v.base:]
	if len(frames) > chunkBytes {
		frames = frames[:frameEnd(frames, 1, chunkBytes)]
	}
	m.cursor += uint64(len(frames))
	d.more = m.cursor < v.head()
	if m.welcome != settled {
		m.appendWelcome(d, frames, v)
		return
	}
	if len(d.frames) == 0 {
		d.frames = frames
	} else {
		d.frames = append(d.frames, frames...)
	}
}

// appendWelcome puts frames between what says how they continue what the
// member has, and what says that it is up to date.
func (m *Member) appendWelcome(d *due, frames []byte, v *view) {
	events := m.protocol == Events
	if m.welcome == broken {
		m.room.Load().hub.counts.Gaps.Add(1)
		if events {
			d.frames = append(d.frames, gapFrame...)
		}
		m.welcome = joined
	}
	d.frames = append(d.frames, frames...)
	if !d.more {
		if events {
			d.frames = appendFrame(d.frames, opText, wire.AppendLive(nil, v.last))
		}
		m.welcome = settled
	}
}

// fellBehind has the member closed: the run goes on without what it lacks. It
// resumes where it stands, from the log.
func (m *Member) fellBehind() {
	m.mu.Lock()
	first := !m.ending
	if first {
		m.ending, m.goodbye = true, closeFrame(int(wire.CloseTooSlow), "")
	}
	m.dropRun = true
	m.mu.Unlock()
	if first {
		m.room.Load().hub.counts.TooSlow.Add(1)
		m.conn.Linger()
	}
}
