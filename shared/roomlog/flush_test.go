package roomlog

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/wire"
)

// steps is a Reader that notes what is called.
type steps struct {
	delivered bool
	done      []string
	flushes   chan struct{}
}

func (s *steps) note(step string) func() { return func() { s.done = append(s.done, step) } }

func (s *steps) Begin(int, bool) Read { return Read{} }

func (s *steps) End(Outcome) (again, delivered bool) {
	s.note("delivered")()
	return false, s.delivered
}

func (s *steps) Flush() {
	s.note("members")()
	s.flushes <- struct{}{}
}

// flushing is a part of a followed room.
func flushing(t testing.TB, waiting []*message) (l *Log, p *part, s *steps) {
	s = &steps{flushes: make(chan struct{}, 100)}
	q := &queue{room: roomNamed(t, "room"), messages: waiting}
	return &Log{queues: make(map[string]*queue)}, &part{queue: q, reader: s}, s
}

func TestFlush_WaitsForTheNextReplyOnce(t *testing.T) {
	alone := Outcome{Appended: true}
	next := []*message{{done: func(wire.Stored, error) {}}}
	for i, step := range []struct {
		waiting []*message
		took    time.Duration
		before  bool // a Flush is held
		outcome Outcome
		flushes int
	}{
		{nil, 0, false, alone, 1},
		{next, 0, false, alone, 0},
		{next, 0, true, alone, 1}, // it has waited once
		{next, quickReply, false, alone, 1},
		{nil, 0, true, alone, 1},
		{next, 0, false, Outcome{}, 1}, // others deliver this, too
		{next, 0, false, Outcome{Appended: true, Notified: true}, 1},
	} {
		synctest.Test(t, func(t *testing.T) { // time passes only in the receive below
			l, p, s := flushing(t, step.waiting)
			if step.before {
				p.queue.held = s
			}
			p.outcome = step.outcome
			l.flushMembers(p, true, step.took)
			if n := len(s.flushes); n != step.flushes {
				t.Errorf("step %d: %d flushes, want %d", i, n, step.flushes)
			}
			<-s.flushes // the next reply may never come: then the timer calls it
		})
	}
}

// The members are written to when the message that they were to wait for fails.
func TestFlush_IsNotLostWhenTheNextAppendFails(t *testing.T) {
	l, p, s := flushing(t, nil)
	p.queue.held = s
	failed := make(chan error, 1)
	p.err = errors.New("timeout")
	p.batch = []*message{{text: "x", done: func(_ wire.Stored, err error) { failed <- err }, send: func() {}}}
	l.queued, l.queuedBytes = 1, 1
	l.finish(p, 0)
	if len(s.flushes) != 1 {
		t.Errorf("%d flushes, want one", len(s.flushes))
	}
	if err := <-failed; !errors.Is(err, redisconn.ErrUnavailable) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
}

// The senders of a batch are told before the members are written to, and written to after them:
// a sender is no sooner than the others, and gets all its answers in one write.
func TestFinish_WritesToSendersLast(t *testing.T) {
	for _, delivered := range []bool{true, false} {
		l, p, s := flushing(t, nil)
		s.delivered = delivered
		told := func(wire.Stored, error) { s.note("told")() }
		sender := s.note("sender")
		p.batch = []*message{{done: told, send: sender}, {done: told, send: sender}, {done: told, send: func() {}}}
		p.results = make([]result, len(p.batch))
		l.queued = len(p.batch)
		l.finish(p, 0)
		want := "delivered told told told members sender sender"
		if !delivered {
			want = "delivered told told told sender sender"
		}
		if got := strings.Join(s.done, " "); got != want {
			t.Errorf("delivered %t: %s, want %s", delivered, got, want)
		}
	}
}

// A sender whose message fails is told and written to.
func TestFail_WritesToTheSender(t *testing.T) {
	var steps []string
	fail([]*message{{
		done: func(_ wire.Stored, err error) {
			steps = append(steps, fmt.Sprint(errors.Is(err, redisconn.ErrUnavailable)))
		},
		send: func() { steps = append(steps, "sender") },
	}}, errors.New("away"))
	if got := strings.Join(steps, " "); got != "true sender" {
		t.Errorf("got %s", got)
	}
}
