package live

import (
	"context"
	"sync"
	"time"

	"chatter/shared/wire"
	"chatter/wsd/internal/wake"
)

const (
	// A member for whom more private frames wait, in bytes, does not read.
	maxPrivate = 64 << 10
	// How long leave waits for a peer that reads slowly.
	leaveTimeout = 2 * time.Second
)

// writerState is the state of a writer. The package comment has the diagram.
type writerState uint8

const (
	joining writerState = iota // writes its private frames
	joined                     // writes its private frames, and the tail from the cursor on
	closing                    // as joined, then the close frame; takes no more private frames
	leaving                    // writes the private frames that are left, then the close frame if there is one
	closed                     // writes nothing
)

// String implements fmt.Stringer.
func (s writerState) String() string {
	return [...]string{"joining", "joined", "closing", "leaving", "closed"}[s]
}

// open reports whether the writer takes more private frames.
func (s writerState) open() bool { return s < closing }

// writer is the sending side of a member. Its worker writes to conn: the goroutine
// that has found something to write, or catchUp while the socket takes its time. Its
// methods are safe for concurrent use.
type writer struct {
	conn     Conn
	protocol Protocol
	worker   wake.Worker
	room     *room // where the member joins; set before anybody there knows of it

	mu      sync.Mutex // guards what follows; no write happens under it
	state   writerState
	private []byte         // frames for this member alone
	sent    chan struct{}  // closed when private has been written or the writer is closed; nil if nobody waits
	code    wire.CloseCode // of the close frame; zero if there is none, or the WebSocket library has put one into private
	reason  string
	cursor  uint64 // into the tail of the room, from joined on
	removed uint64 // cursor into its removals, from joined on
	welcome welcome
	since   wire.ID // with which the member came; zero after a gap
	chunk   int     // bytes that catchUp has in hand; 0 while there is none
	waiting int     // bytes of chunk and private, as the hub has counted them
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
	w.private = append(w.private, frames...)
	if len(w.private) > maxPrivate || !w.countWaitingLocked() {
		w.closeTooSlowLocked()
	}
}

// sendAndWait sends frames to this member alone and blocks until the socket has taken
// them, so that one page at a time is in memory. A member that has not taken them when
// ctx ends is closed as too slow. It reports whether the member takes more.
func (w *writer) sendAndWait(ctx context.Context, frames []byte) bool {
	w.mu.Lock()
	if w.state.open() {
		w.private = append(w.private, frames...)
	}
	w.mu.Unlock()
	if !w.flushAndWait(ctx) {
		w.mu.Lock()
		w.closeTooSlowLocked()
		w.mu.Unlock()
		w.Flush()
	}
	return !w.Closing()
}

// flushAndWait blocks until the private frames have been written, or cannot be. It reports
// false if ctx ends before.
func (w *writer) flushAndWait(ctx context.Context) bool {
	w.mu.Lock()
	if w.state == closed {
		w.mu.Unlock()
		return true
	}
	if w.sent == nil {
		w.sent = make(chan struct{})
	}
	sent := w.sent
	w.mu.Unlock()
	w.Flush()
	select {
	case <-sent:
		return true
	case <-ctx.Done():
		return false
	}
}

// enter sets the cursors: from now on the tail and the removals are due to the member, which
// came with since. It reports false when the member is closing or has left. The caller calls Flush
// afterwards.
func (w *writer) enter(cursor, removed uint64, how welcome, since wire.ID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state != joining {
		return false
	}
	w.state, w.cursor, w.removed, w.welcome, w.since = joined, cursor, removed, how, since
	return true
}

// CloseCode is the code with which the member was closed, or zero.
func (w *writer) CloseCode() wire.CloseCode {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.code
}

// lacksFrom is the cursor if it is before to and the tail is still written from there on,
// else to.
func (w *writer) lacksFrom(to uint64) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state == joined || w.state == closing {
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

// Close sends what is due to the member, then a close frame. The goroutine that reads from the
// connection leaves within a bounded time. The first Close counts. It does not block.
func (w *writer) Close(code wire.CloseCode, reason string) {
	w.mu.Lock()
	w.closeLocked(code, reason)
	w.mu.Unlock()
	w.Flush()
}

func (w *writer) closeLocked(code wire.CloseCode, reason string) {
	switch w.state {
	case joining:
		w.state = leaving
	case joined:
		w.state = closing
	default:
		return
	}
	w.code, w.reason = code, reason
	w.conn.Linger()
}

// closeTooSlowLocked closes a member that does not take in time what is sent to it. The tail is
// not written to it any more: the client comes back with the ID of the last message that it
// has. The package comment lists all ways in which a slow member ends. The caller calls Flush
// afterwards, or is the worker.
func (w *writer) closeTooSlowLocked() {
	if w.state.open() && w.room != nil {
		w.room.hub.counts.TooSlow.Add(1)
	}
	w.closeLocked(wire.CloseTooSlow, "")
	w.state = max(w.state, leaving)
}

// leave has what was sent to this member alone written, and the close frame, and nothing
// of the room. It blocks until that is written or cannot be, for leaveTimeout at most.
func (w *writer) leave() {
	w.mu.Lock()
	w.state = max(w.state, leaving)
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	w.flushAndWait(ctx)
}

// stop is the end of writing.
func (w *writer) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state, w.private = closed, nil
	if w.sent != nil {
		close(w.sent)
		w.sent = nil
	}
}
