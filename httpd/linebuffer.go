package main

import (
	"io"
	"sync"
	"time"
)

const (
	// maxLineDelay is how late a line may be written.
	maxLineDelay = 100 * time.Millisecond
	// maxWrite bounds one write: a longer one may be split in a pipe (pipe(7), PIPE_BUF).
	maxWrite = 4096
)

// lineBuffer collects the lines of the access log and writes them together. A system call
// per line would be a third of the cost of a small file. A process that is killed loses the
// lines in the buffer.
type lineBuffer struct {
	w io.Writer

	mu     sync.Mutex
	lines  []byte
	timer  *time.Timer // runs while lines is not empty
	closed bool
}

// newLineBuffer returns a buffer that writes to w. The caller closes it.
func newLineBuffer(w io.Writer) *lineBuffer {
	b := &lineBuffer{w: w}
	b.timer = time.AfterFunc(maxLineDelay, func() { _ = b.flush() })
	b.timer.Stop()
	return b
}

// Write adds one or more whole lines. It blocks while other lines are written. The error
// is that of earlier lines.
func (b *lineBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var err error
	if len(b.lines)+len(p) > maxWrite {
		err = b.flushLocked()
	}
	if len(b.lines) == 0 {
		b.timer.Reset(maxLineDelay)
	}
	b.lines = append(b.lines, p...)
	if b.closed {
		err = b.flushLocked()
	}
	return len(p), err
}

// Close writes the lines in the buffer. Later lines are written at once.
func (b *lineBuffer) Close() error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	return b.flush()
}

func (b *lineBuffer) flush() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.flushLocked()
}

func (b *lineBuffer) flushLocked() (err error) {
	b.timer.Stop()
	if len(b.lines) > 0 {
		_, err = b.w.Write(b.lines)
		b.lines = b.lines[:0]
	}
	return err
}
