package redistest

import (
	"bytes"
	"strings"
	"sync"
)

// shownLines is how many of its last lines a failed test shows of a log.
const shownLines = 30

// Output keeps what a process writes. The process and the test use it at the same time.
type Output struct {
	mu    sync.Mutex
	bytes bytes.Buffer
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes.Write(p)
}

// String is everything so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes.String()
}

// Tail is the last lines so far.
func (o *Output) Tail() string {
	lines := strings.Split(strings.TrimRight(o.String(), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-shownLines):], "\n")
}
