package roomlog

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/redisconn"
)

// flushing is a job of a followed room whose flushes are counted.
func flushing(t testing.TB, waiting []*pending) (c *committer, j *job, flushes chan struct{}) {
	flushes = make(chan struct{}, 100)
	q := &queue{room: roomNamed(t, "room"), state: committing, waiting: waiting}
	return newCommitter(new(Log)), &job{queue: q, read: &Read{
		End:   func(Outcome) (bool, bool) { return false, false },
		Flush: func() { flushes <- struct{}{} },
	}}, flushes
}

func TestFlush_WaitsForTheNextAnswerOnce(t *testing.T) {
	next := []*pending{{done: func(Stored, error) {}}}
	for i, step := range []struct {
		waiting []*pending
		took    time.Duration
		before  bool // a Flush is owed
		flushes int
	}{
		{nil, 0, false, 1},
		{next, 0, false, 0},
		{next, 0, true, 1}, // it has waited once
		{next, quickAnswer, false, 1},
		{nil, 0, true, 1},
	} {
		synctest.Test(t, func(t *testing.T) { // time passes only in the receive below
			c, j, flushes := flushing(t, step.waiting)
			if step.before {
				j.queue.owed = j.read.Flush
			}
			c.flush(j, true, step.took)
			if n := len(flushes); n != step.flushes {
				t.Errorf("step %d: %d flushes, want %d", i, n, step.flushes)
			}
			<-flushes // the next answer may never come: then the timer calls it
		})
	}
}

// The members are written to when the message that they were to wait for fails.
func TestFlush_IsOwedWhenTheNextAppendFails(t *testing.T) {
	c, j, flushes := flushing(t, nil)
	j.queue.owed = j.read.Flush
	failed := make(chan error, 1)
	j.err = errors.New("timeout")
	j.batch = []*pending{{text: "x", done: func(_ Stored, err error) { failed <- err }}}
	c.waiting, c.bytes = 1, 1
	c.finish(j, 0)
	if len(flushes) != 1 {
		t.Errorf("%d flushes, want one", len(flushes))
	}
	if err := <-failed; !errors.Is(err, redisconn.ErrUnavailable) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
}

// The senders of a batch are told before the members are written to, and written to after them:
// a sender is no sooner than the others, and gets all its answers in one write.
func TestFinish_WritesToSendersLast(t *testing.T) {
	for _, delivered := range []bool{true, false} {
		var steps []string
		note := func(step string) func() { return func() { steps = append(steps, step) } }
		told := func(Stored, error) { note("told")() }
		c, j, _ := flushing(t, nil)
		j.read = &Read{
			End:   func(Outcome) (bool, bool) { note("delivered")(); return false, delivered },
			Flush: note("members"),
		}
		j.batch = []*pending{{done: told, flush: note("sender")}, {done: told, flush: note("sender")}, {done: told}}
		j.stored = make([]Stored, len(j.batch))
		c.waiting = len(j.batch)
		c.finish(j, 0)
		want := "delivered told told told members sender sender"
		if !delivered {
			want = "delivered told told told sender sender"
		}
		if got := strings.Join(steps, " "); got != want {
			t.Errorf("delivered %t: %s, want %s", delivered, got, want)
		}
	}
}

// A sender whose message fails is told and written to.
func TestFail_WritesToTheSender(t *testing.T) {
	var steps []string
	p := &pending{
		done:  func(_ Stored, err error) { steps = append(steps, fmt.Sprint(err)) },
		flush: func() { steps = append(steps, "sender") },
	}
	p.fail(errors.New("away"))
	if got := strings.Join(steps, " "); got != "away sender" {
		t.Errorf("got %s", got)
	}
}
