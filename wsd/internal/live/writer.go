package live

import (
	"context"
	"encoding/binary"
	"sync"
	"time"

	"chatter/shared/wire"
	"chatter/wsd/internal/wake"
)

const (
	// A member for whom more than this waits, beside the room's frames, does not read.
	ownBytes = 64 << 10
	// How much a member that is behind is given in one write.
	chunkBytes = 64 << 10
	// How long leave waits for a peer that reads slowly.
	leaveTimeout = 2 * time.Second
)

// writerState is the state of a writer. The package comment has the diagram.
type writerState uint8

const (
	joining   writerState = iota // writes its own frames
	following                    // writes its own frames, and the run from the cursor on
	closing                      // as following, then the close frame; takes no more own frames
	leaving                      // writes the own frames that are left, then the close frame if there is one
	closed                       // writes nothing
)

// String implements fmt.Stringer.
func (s writerState) String() string {
	return [...]string{"joining", "following", "closing", "leaving", "closed"}[s]
}

// open reports whether the writer takes more frames of its own.
func (s writerState) open() bool { return s < closing }

// writer is the sending side of a member. Its worker writes to conn: the goroutine
// that has found something to write, or catchUp while the socket takes its time. Its
// methods are safe for concurrent use.
type writer struct {
	conn     Conn
	protocol Protocol
	worker   wake.Worker
	room     *room // where the member joins; set before anybody there knows of it

	mu         sync.Mutex // guards what follows; no write happens under it
	state      writerState
	own        []byte        // frames for this member alone
	sent       chan struct{} // closed when own has been written or the writer is closed; nil if nobody waits
	closeFrame []byte        // the close frame; empty if there is none, or the library has put one into own
	done       chan struct{} // closed when the writer is closed; nil if nobody waits
	cursor     uint64        // of the run, from following on
	removed    uint64        // cursor into the removals of the room, from following on
	welcome    welcome
	since      wire.ID // with which the member came; zero after a gap
	chunk      int     // bytes that catchUp has in hand; 0 while there is none
	waiting    int     // bytes of chunk and own, as the hub has counted them
}

// Send sends payload as a text frame to this member alone, as Control does.
func (w *writer) Send(payload []byte) { w.Control(appendFrame(nil, opText, payload)) }

// HoldText is Hold for payload as a text frame.
func (w *writer) HoldText(payload []byte) { w.Hold(appendFrame(nil, opText, payload)) }

// Control sends ready-made frames to this member alone, unless it is closing. It does not
// block; a member for whom too much waits is closed as too slow.
func (w *writer) Control(frames []byte) {
	w.Hold(frames)
	w.Flush()
}

// Hold is Control that does not write yet: frames leave in one write with what comes
// next. The caller calls Flush afterwards.
func (w *writer) Hold(frames []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.state.open() {
		return
	}
	w.own = append(w.own, frames...)
	if len(w.own) > ownBytes || !w.countWaitingLocked() {
		w.closeTooSlowLocked()
	}
}

// sendAndWait sends frames to this member alone and blocks until the socket has taken
// them, so that one page at a time is in memory. A member that has not taken them when
// ctx ends is closed as too slow. It reports whether the member takes more.
func (w *writer) sendAndWait(ctx context.Context, frames []byte) bool {
	sent := make(chan struct{})
	w.mu.Lock()
	if !w.state.open() {
		w.mu.Unlock()
		return false
	}
	w.own, w.sent = append(w.own, frames...), sent
	w.mu.Unlock()
	w.Flush()
	select {
	case <-sent:
	case <-ctx.Done():
		w.mu.Lock()
		w.closeTooSlowLocked()
		w.mu.Unlock()
		w.Flush()
	}
	return !w.Closing()
}

// follow sets the cursors: from now on the run and the removals are due to the member, which
// came with since. It reports false when the member is closing or has left. The caller calls Flush
// afterwards.
func (w *writer) follow(cursor, removed uint64, how welcome, since wire.ID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state != joining {
		return false
	}
	w.state, w.cursor, w.removed, w.welcome, w.since = following, cursor, removed, how, since
	return true
}

// CloseCode is the code with which the member was closed, or zero.
func (w *writer) CloseCode() wire.CloseCode {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.closeFrame) == 0 {
		return 0
	}
	return wire.CloseCode(binary.BigEndian.Uint16(w.closeFrame[2:]))
}

// lacksFrom is the cursor if it is before to and the run is still written from there on,
// else to.
func (w *writer) lacksFrom(to uint64) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state == following || w.state == closing {
		return min(to, w.cursor)
	}
	return to
}

// Closing reports whether what is sent to the member from now on is dropped.
func (w *writer) Closing() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.state.open()
}

// Close sends what is due to the member, then a close frame, and has its reader leave
// within a bounded time. The first Close counts. It does not block.
func (w *writer) Close(code wire.CloseCode, reason string) {
	w.mu.Lock()
	next := leaving
	if w.state == following {
		next = closing
	}
	w.closeLocked(next, code, reason)
	w.mu.Unlock()
	w.Flush()
}

func (w *writer) closeLocked(next writerState, code wire.CloseCode, reason string) {
	if !w.state.open() {
		return
	}
	w.state, w.closeFrame = next, closeFrame(int(code), reason)
	w.conn.Linger()
}

// closeTooSlowLocked closes a member that does not take in time what is sent to it. The
// run is not written to it any more: the client resumes from its cursor. The caller
// calls Flush afterwards, or is the worker.
func (w *writer) closeTooSlowLocked() {
	if w.state.open() && w.room != nil {
		w.room.hub.counts.TooSlow.Add(1)
	}
	w.closeLocked(leaving, wire.CloseTooSlow, "")
	w.state = max(w.state, leaving)
}

// leave has what was sent to this member alone written, and the close frame, and nothing
// of the room. It blocks until that is written or cannot be, for leaveTimeout at most.
func (w *writer) leave() {
	w.mu.Lock()
	if w.state == closed {
		w.mu.Unlock()
		return
	}
	w.state = leaving
	if w.done == nil {
		w.done = make(chan struct{})
	}
	done := w.done
	w.mu.Unlock()
	w.Flush()
	timer := time.NewTimer(leaveTimeout)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}

// stop is the end of writing.
func (w *writer) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state, w.own = closed, nil
	if w.sent != nil {
		close(w.sent)
		w.sent = nil
	}
	if w.done != nil {
		close(w.done)
		w.done = nil
	}
}
