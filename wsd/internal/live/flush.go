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
		c := m.next()
		if len(c.frames) > 0 {
			n, err := m.conn.TryWrite(c.frames)
			if err != nil {
				m.finish(true)
				return
			}
			if n < len(c.frames) {
				// A copy: a slow member must not hold on to the room's memory.
				c.frames = slices.Clone(c.frames[n:])
				go m.catchUp(c)
				return
			}
		}
		if c.final {
			m.finish(false)
			return
		}
		if !c.more && !c.awaited && m.release() {
			return
		}
	}
}

// catchUp writes c and what follows, blocking, until the member lacks
// nothing. It has the writing side.
func (m *Member) catchUp(c chunk) {
	for {
		if len(c.frames) > 0 {
			if err := m.conn.Write(c.frames); err != nil {
				m.finish(true)
				return
			}
		}
		if c.final {
			m.finish(false)
			return
		}
		if !c.more && !c.awaited && m.release() {
			return
		}
		c = m.next()
		c.frames = slices.Clone(c.frames)
	}
}

// chunk is what a member is to be sent next.
type chunk struct {
	frames  []byte
	more    bool // there is more to send
	awaited bool // somebody waits until these frames are out: the owner looks again then
	final   bool // the close frame is at the end
}

// next takes the next frames for the member, a chunk of them, and moves its
// cursor past them. The caller has the writing side and must send them.
func (m *Member) next() chunk {
	m.mu.Lock()
	var c chunk
	if len(m.own) == 0 {
		m.sentLocked()
	}
	c.frames, m.own = m.own, nil
	c.awaited = m.sent != nil
	dropRun := m.dropRun
	m.mu.Unlock()

	if m.seated.Load() && !dropRun {
		m.appendRun(&c, m.room.view.Load())
	}

	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ending && (m.dropRun || !c.more) && len(m.own) == 0 {
		c.frames = append(slices.Clip(c.frames), m.goodbye...)
		c.final = true
	}
	return c
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
func (m *Member) appendRun(c *chunk, v *view) {
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
	c.more = m.cursor < v.head()
	if m.welcome != settled {
		m.appendWelcome(c, frames, v)
		return
	}
	if len(c.frames) == 0 {
		c.frames = frames
	} else {
		c.frames = append(c.frames, frames...)
	}
}

// appendWelcome puts frames between what says how they continue what the
// member has, and what says that it is up to date.
func (m *Member) appendWelcome(c *chunk, frames []byte, v *view) {
	events := m.protocol == Events
	if m.welcome == broken {
		m.room.hub.counts.Gaps.Add(1)
		if events {
			c.frames = append(c.frames, gapFrame...)
		}
		m.welcome = joined
	}
	c.frames = append(c.frames, frames...)
	if !c.more {
		if events {
			c.frames = appendFrame(c.frames, opText, wire.AppendLive(nil, v.last))
		}
		m.welcome = settled
	}
}

// fellBehind has the member closed: the run goes on without what it lacks. It
// resumes where it stands, from the log.
func (m *Member) fellBehind() {
	if m.end(wire.CloseTooSlow, "", true) {
		m.room.hub.counts.TooSlow.Add(1)
	}
}
