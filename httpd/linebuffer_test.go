package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// writes are what was written, write by write.
type writes struct {
	mu  sync.Mutex
	all []string
	err error
}

func (w *writes) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, string(p))
	return len(p), w.err
}

func (w *writes) seen(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if diff := cmp.Diff(want, w.all); diff != "" {
		t.Error(diff)
	}
}

func TestLineBuffer_WritesLinesTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &writes{}
		l := newLineBuffer(w)
		fmt.Fprintln(l, "one")
		time.Sleep(maxLineDelay / 2)
		fmt.Fprintln(l, "two")
		w.seen(t)
		time.Sleep(maxLineDelay / 2) // since the first
		w.seen(t, "one\ntwo\n")
		time.Sleep(time.Hour)
		fmt.Fprintln(l, "three")
		time.Sleep(maxLineDelay)
		w.seen(t, "one\ntwo\n", "three\n")
		fmt.Fprintln(l, "four")
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		w.seen(t, "one\ntwo\n", "three\n", "four\n")
		fmt.Fprintln(l, "late")
		w.seen(t, "one\ntwo\n", "three\n", "four\n", "late\n")
	})
}

func TestLineBuffer_AWriteIsOnePieceInAPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &writes{}
		l := newLineBuffer(w)
		line := strings.Repeat("x", 1000) + "\n"
		long := strings.Repeat("y", 3*maxWrite) + "\n"
		for range 6 {
			fmt.Fprint(l, line)
		}
		fmt.Fprint(l, long) // alone, as it would have been without the buffer
		fmt.Fprint(l, line)
		time.Sleep(maxLineDelay)
		w.seen(t, strings.Repeat(line, 4), strings.Repeat(line, 2), long, line)
	})
}

func TestLineBuffer_ReturnsAFailureAndLosesNoFurtherLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &writes{err: errors.New("disk is full")}
		l := newLineBuffer(w)
		fmt.Fprintln(l, "one")
		if err := l.Close(); !errors.Is(err, w.err) {
			t.Errorf("Close: %v, want %v", err, w.err)
		}
		w.err = nil
		if _, err := l.Write(bytes.Repeat([]byte("a\n"), 2)); err != nil {
			t.Error(err)
		}
		w.seen(t, "one\n", "a\na\n")
	})
}
