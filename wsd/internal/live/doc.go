// Package live hands each message of a room to every member of the room, once and in the
// log's order.
//
// A room keeps the tail of its log: a bounded number of the newest messages as frames, encoded
// once per message. When the tails of all rooms hold too much memory, rooms with few members
// give up theirs: members that need these messages get them from the log.
//
// A member has a cursor into the tail, and no queue. One write carries what follows the
// cursor, up to 64 KiB, and does not block. The goroutine that delivers to a small room writes to
// its members; other goroutines write to those of a large room, one for each 256. A slow member
// costs a goroutine while it catches up, and is closed when frames that it lacks have left the
// tail for want of room. Frames also leave the tail when they are older than the retention:
// a member that lacks such frames continues with the oldest that is left. Frames for one member
// alone (acks, refusals, pages of history) are its private frames. They are written first.
//
// The frame of a message that the operator removes is overwritten with zeros, so the offsets of
// the others stay; writers skip zeros. A member has a second cursor, into the list of removals: it
// is told of those that come after it, and after "live" of those since the time of the cursor
// with which it came.
//
// How a member gets in (join.go):
//
//	the tail holds its cursor         it is let in: enter sets its cursors
//	the room is not loaded, or        it waits; Reset or CheckSessions has it join again
//	Sessions are not known
//	its cursor is ahead of the tail   it waits; Refreshed has it join again
//	its cursor is behind the tail     it is sent pages of the log (history.go), until the tail
//	                                  holds the last entry that it was sent
//	its cursor is in no log           "gap" and the newest page
//
// The states of a member's writer (writer.go, flush.go):
//
//	                enter                Close
//	joining ─────────────────► joined ──────────► closing
//	   │                           │                 │
//	   │   Close, leave, too slow  │ leave, too slow │ leave, too slow
//	   ▼                           ▼                 ▼
//	leaving ◄────────────────────────────────────────┘
//
// closing and leaving become closed when all that is due has been written; each state
// becomes closed when a write fails.
//
// Each way in which a slow member ends:
//
//	frames that it lacks have left the tail early         4408    addTailLocked
//	    (the bound of the room, or of all rooms)
//	more than 64 KiB of private frames wait for it        4408    Hold
//	its history is not written within 30 s                4408    sendAndWait
//	more than 4 KiB wait for it, and 64 MiB for all:
//	    when a private frame is added                     4408    Hold
//	    when it is given its next frames                  abort   catchUp
//	a write to it moves no byte for 30 s                  abort   Conn.Write
//	it does not answer a ping within the timeout          abort   Hub.Sweep
//
// A member ends in one of three ways. In each of them the goroutine that reads from its
// connection calls Leave last:
//
//	close  a close frame with a code follows what is due: Close, CloseAll, 4401 for
//	       members whose session has ended (CheckSessions), and 4408 for members that are
//	       too slow (closeTooSlowLocked). Conn.Linger bounds for how long that goroutine
//	       then waits for the peer's close frame.
//	abort  the connection is cut: a write fails, a ping is not answered, the time of a
//	       drain is up (AbortAll).
//	leave  the connection has ended by itself, or after the other two.
//
// Files: tail.go, removed.go and frame.go (what a room keeps), room.go and feed.go (what changes
// it), members.go (the members of a room), join.go and history.go (how a member gets in), member.go,
// writer.go and flush.go (how it is written to), memory.go (bounds of rooms and tails),
// liveness.go (pings, once a second), close.go (the end of all members, or of a session's), hub.go and
// options.go (what is called from outside).
//
// The package must not know of WebSocket handshakes, nor of Redis: a Source follows the
// logs, a Conn takes bytes.
//
// Lock order: Hub.watching, the Source's own, Hub.reclaims, Hub.mu, room.mu, writer.mu,
// liveness.mu. The Source's locks come second because Watch and Unwatch are called under
// Hub.watching, and Reset, Deliver and Refreshed under the Source's. Sessions may take a lock
// of its own under room.mu, and takes no other one then. No lock is held while a Conn is
// written to.
package live
