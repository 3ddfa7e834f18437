package daemon

import (
	"io"
	"sync"
	"time"
)

const (
	// How late a line may be.
	linesWait = 100 * time.Millisecond
	// What goes out in one write: more would not be one piece in a pipe (pipe(7),
	// PIPE_BUF).
	linesBytes = 4096
)

// Lines gathers the lines of a log for a tenth of a second, for logs of which every
// request has a line: a system call for each is a third of what a small file costs
// (make bench). A process that is killed loses what was gathered last.
type Lines struct {
	w io.Writer

	mu      sync.Mutex
	waiting []byte
	timer   *time.Timer // runs while something waits
	closed  bool
}

// NewLines returns Lines that go to w, which is not written to by two at once.
// Close it.
func NewLines(w io.Writer) *Lines {
	l := &Lines{w: w}
	l.timer = time.AfterFunc(linesWait, l.due)
	l.timer.Stop()
	return l
}

// Write takes one or more whole lines. It blocks while others are written. An error is
// that of lines before.
func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	if len(l.waiting)+len(p) > linesBytes {
		err = l.flush()
	}
	if len(l.waiting) == 0 && !l.closed {
		l.timer.Reset(linesWait)
	}
	l.waiting = append(l.waiting, p...)
	if l.closed {
		err = l.flush()
	}
	return len(p), err
}

func (l *Lines) due() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.flush() // nobody is there to be told
}

func (l *Lines) flush() error {
	if len(l.waiting) == 0 {
		return nil
	}
	_, err := l.w.Write(l.waiting)
	l.waiting = l.waiting[:0]
	return err
}

// Close writes what is left. Lines that come after it are written at once.
func (l *Lines) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.timer.Stop()
	return l.flush()
}
