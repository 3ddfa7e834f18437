package socket

import "sync"

// maxUnstored is how many messages of one socket may be on their way to the log. A
// socket that says more is not read until some are stored.
const maxUnstored = 64

// window counts the messages of a socket that are on their way. While it is not full it
// is nothing but the count: most sockets only listen most of the time.
type window struct {
	mu   sync.Mutex
	n    int
	room chan struct{} // closed by done when there is room again; nil if nobody waits
}

// enter counts one more, and blocks while there are too many. Only the socket's reader
// calls it.
func (w *window) enter() {
	w.mu.Lock()
	w.n++
	if w.n <= maxUnstored {
		w.mu.Unlock()
		return
	}
	room := make(chan struct{})
	w.room = room
	w.mu.Unlock()
	<-room
}

// done counts one less. It does not block.
func (w *window) done() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n--
	if w.room != nil {
		close(w.room)
		w.room = nil
	}
}
