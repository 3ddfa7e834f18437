// Package live hands each message of a room to every member of the room, once and in the
// log's order.
//
// A room keeps a bounded run of its newest frames, encoded once per message. When all runs
// together hold too much, rooms with few members give up theirs: it is read from the log for
// members that need it.
//
// A member has a cursor into the run. The goroutine that delivers to a small room writes to
// its members; a few flushers write to those of a large one. A write does not block and
// carries everything from the member's cursor to the head. A slow member costs a
// goroutine while it catches up, and is closed when frames behind its cursor have left the
// run for want of room. Frames also leave the run when they are older than the retention;
// a member that has not got them yet goes on with the oldest that is left.
//
// A message that the operator removes leaves a hole in the run: its bytes are zero, and cursors
// skip it. So offsets stay. Each removal also has a frame, and a member has a second cursor, into
// these: it is told of what was removed after it came, and after "live" of what was removed since
// the time of the cursor with which it came (removed.go).
//
// The states of a member's writer (writer.go, flush.go):
//
//	               follow                Close
//	joining ─────────────────► following ───────► closing
//	   │                           │                 │
//	   │   Close, leave, too slow  │ leave, too slow │ leave, too slow
//	   ▼                           ▼                 ▼
//	leaving ◄────────────────────────────────────────┘
//
// closing and leaving become closed when all that is due has been written; each state
// becomes closed when a write fails.
//
// Each way in which a slow reader ends:
//
//	frames that it lacks have left the run early    4408   addRunLocked
//	    (the room's bound, or the bound of all rooms)
//	64 KiB wait for it beside the run               4408   Hold
//	4 KiB do, and too much for all members          4408   Hold; or abort, keep
//	it does not take a page of history in 30 s      4408   sendAndWait
//	a write to it blocks for 30 s                   abort  Conn.Write
//	it does not answer a ping within the timeout    abort  Hub.sweep
//
// A member ends in one of three ways. Its reader has the last word in each of them, and
// calls Leave when the connection ends:
//
//	close  a close frame with a code follows what is due: Close, CloseAll, 4401 for
//	       members whose session has ended (CheckSessions), and 4408 for members that are
//	       too slow (closeTooSlowLocked). Conn.Linger bounds for how long the reader waits
//	       then for the peer's close frame.
//	abort  the connection is cut: a write fails, a ping is not answered, the time of a
//	       drain is up (AbortAll).
//	leave  the connection has ended by itself, or after the other two.
//
// Files: run.go and frame.go (what is kept), room.go and flushers.go (the members), join.go
// and history.go (how a member gets in), removed.go (removed messages), writer.go and flush.go
// (how it is written to), memory.go (which rooms give up their runs), waiting.go (what waits for
// slow members),
// liveness.go and sweep.go (once a second), sessions.go (ended sessions), close.go (the end
// of all), hub.go and options.go (what is called from outside).
//
// The package must not know of WebSocket handshakes, nor of Redis: a Source follows the
// logs, a Conn takes bytes.
//
// Lock order: Hub.watching, the Source's own, Hub.reclaims, Hub.mu, room.mu, writer.mu,
// liveness.mu, flushers.mu. The Source's locks come second because Watch and Unwatch are called under
// Hub.watching, and Reset, Deliver and Refreshed under the Source's. Sessions may take a lock
// of its own under room.mu, and takes no other one then. No lock is held while a Conn is
// written to.
package live
