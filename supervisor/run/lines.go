package main

import (
	"bytes"
	"io"
	"sync"
)

// longestLine bounds what is held back of a line that does not end.
const longestLine = 64 << 10

// lines writes whole lines to a writer that several share, each with the name of the
// service before it. It may be used by several goroutines.
type lines struct {
	w      io.Writer
	prefix string

	mu   sync.Mutex
	rest []byte // of a line that has not ended
}

func newLines(w io.Writer, name string) *lines { return &lines{w: w, prefix: name + "\t"} }

// Write never fails: a service must not end because its log cannot be shown.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		end := bytes.IndexByte(l.rest, '\n') + 1
		if end == 0 && len(l.rest) < longestLine {
			return len(p), nil
		}
		if end == 0 {
			end = len(l.rest)
		}
		line := append([]byte(l.prefix), bytes.TrimSuffix(l.rest[:end], []byte("\n"))...)
		l.w.Write(append(line, '\n')) // One write a line, so that lines of others fall between.
		l.rest = append(l.rest[:0], l.rest[end:]...)
	}
}
