package roomlog

import (
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

// fakeReader reads one room, once each time it is asked.
type fakeReader struct {
	read     Read
	begin    func() // called by Begin
	outcomes chan Outcome
}

func newFakeReader() *fakeReader {
	return &fakeReader{begin: func() {}, outcomes: make(chan Outcome, 100)}
}

// of is a function for SetReaders.
func (f *fakeReader) of(name.Room) Reader { return f }

func (f *fakeReader) Begin(_ int, dirty bool) Read {
	f.begin()
	if !dirty {
		return Read{}
	}
	return f.read
}

func (f *fakeReader) End(o Outcome) (again, delivered bool) {
	f.outcomes <- o
	return false, false
}

func (f *fakeReader) Flush() {}

// forward reads room once from after.
func forward(l *Log, f *fakeReader, room name.Room, after wire.ID, count int) Outcome {
	f.read.After, f.read.Count = after, count
	l.MarkDirty(room)
	return <-f.outcomes
}

func TestRead_TellsAGapFromAnExpiredOrARemovedEntry(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		ctx, rdb := t.Context(), c.Universal()
		now, err := rdb.Time(ctx).Result()
		if err != nil {
			t.Fatal(err)
		}
		at := func(age time.Duration) wire.ID { return wire.ID{Ms: uint64(now.Add(-age).UnixMilli())} }
		const day = 24 * time.Hour
		for i, tt := range []struct {
			name    string
			last    wire.ID
			removed bool
			stands  bool
			before  bool // an older one stands
			follow  int
			trimmed wire.ID // the newest that was trimmed by size
			gap     bool
		}{
			{name: "it stands", last: at(time.Hour), stands: true, follow: 2},
			{name: "it is gone", last: at(time.Hour), follow: 2, gap: true},
			{name: "it is gone, with all", last: at(time.Hour), gap: true},
			{name: "it expired", last: at(day + time.Minute), follow: 2},
			{name: "it expired, with all", last: at(day + time.Minute)},
			{name: "it expires in less than a minute", last: at(day - 30*time.Second), follow: 2},
			{name: "it expires in some minutes", last: at(day - 5*time.Minute), follow: 2, gap: true},
			{name: "it expired, and more follow than are read", last: at(day + time.Minute), follow: 7},
			{name: "it expired, and the log is full", last: at(day + time.Minute), follow: 8, gap: true},
			{name: "it was removed", last: at(time.Hour), removed: true, follow: 2},
			{name: "it was removed, and the log is nearly full", last: at(time.Hour), removed: true, follow: 7},
			{name: "it was removed, and the log is full", last: at(time.Hour), removed: true, follow: 8, gap: true},
			{name: "it was removed behind others", last: at(time.Hour), removed: true, before: true, follow: 8},
			{name: "it expired, and younger ones were trimmed by size", last: at(day + time.Minute), follow: 2, trimmed: at(time.Hour), gap: true},
			{name: "it expired, and only older ones were trimmed by size", last: at(day + time.Minute), follow: 2, trimmed: at(day + time.Hour)},
			{name: "it was removed, and younger ones were trimmed by size", last: at(time.Hour), removed: true, follow: 2, trimmed: at(time.Minute * 30), gap: true},
			{name: "it was removed, and older ones were trimmed by size", last: at(time.Hour), removed: true, before: true, follow: 2, trimmed: at(time.Hour * 3)},
			{name: "the log was empty", follow: 2},
		} {
			t.Run(tt.name, func(t *testing.T) {
				l, room := newLog(t, c, Options{MaxLen: 8}), roomNamed(t, fmt.Sprint("room ", i))
				f := newFakeReader()
				l.SetReaders(f.of)
				add := func(id wire.ID, text string) {
					if err := rdb.Do(ctx, "XADD", l.keys.log(room), id.String(), "m", text).Err(); err != nil {
						t.Fatal(err)
					}
				}
				if tt.before {
					add(at(2*time.Hour), "before")
				}
				if tt.stands {
					add(tt.last, "last")
				}
				if tt.removed {
					if err := rdb.Do(ctx, "ZADD", l.keys.removed(room), "1", tt.last.String()).Err(); err != nil {
						t.Fatal(err)
					}
				}
				if !tt.trimmed.IsZero() {
					if err := rdb.Set(ctx, l.keys.trimmed(room), tt.trimmed.String(), 0).Err(); err != nil {
						t.Fatal(err)
					}
				}
				want := []string{}
				for i := range tt.follow {
					add(at(time.Minute-time.Duration(i)*time.Second), fmt.Sprint(i))
					want = append(want, fmt.Sprint(i))
				}
				const count = 4
				o := forward(l, f, room, tt.last, count)
				if o.Err != nil || o.Gap != tt.gap {
					t.Errorf("gap %v, want %v: %v", o.Gap, tt.gap, o.Err)
				}
				if diff := cmp.Diff(want[:min(tt.follow, count+1)], texts(o.Entries)); diff != "" {
					t.Error(diff)
				}
				entries, gap, err := l.After(ctx, room, tt.last, count)
				if err != nil || gap != tt.gap {
					t.Errorf("After: gap %v, want %v: %v", gap, tt.gap, err)
				}
				if diff := cmp.Diff(want[:min(tt.follow, count)], texts(entries)); diff != "" {
					t.Errorf("After: %s", diff)
				}
			})
		}
	})
}

// A read that is asked for while another one is under way causes one more, and
// several cause only one.
func TestRead_AskedForDuringAReadCausesOneMore(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, room, f := newLog(t, c, Options{}), roomNamed(t, "room"), newFakeReader()
		f.outcomes = make(chan Outcome) // End waits for the test
		f.read.Count = 1
		begun := make(chan struct{}, 10)
		f.begin = func() { begun <- struct{}{} }
		l.SetReaders(f.of)
		l.MarkDirty(room)
		<-begun // the read is under way until the test takes its outcome
		for range 3 {
			l.MarkDirty(room)
		}
		<-f.outcomes
		<-f.outcomes
		l.Close() // waits for what is under way
		select {
		case <-begun: // of the second read
		default:
			t.Error("no second read")
		}
		select {
		case <-begun:
			t.Error("a third read")
		default:
		}
		if n := len(l.queues); n != 0 {
			t.Errorf("%d queues are left", n)
		}
	})
}

// The replies under way are bounded in bytes however many rooms are to be read.
func TestRead_BoundsTheRepliesUnderWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	c, err := redisconn.Open("unix://" + path) // it never answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	l, f := newLog(t, c, Options{}), newFakeReader()
	f.read.Count = 16
	most := 0
	begun := make(chan struct{}, 1000)
	f.begin = func() {
		most = max(most, l.replyBytes) // Begin is called under the lock
		begun <- struct{}{}
	}
	l.SetReaders(f.of)
	for i := range 200 {
		l.MarkDirty(roomNamed(t, fmt.Sprint(i)))
	}
	for range maxReplyBytes / 2 / f.read.replyBytes() {
		<-begun
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	most = max(most, l.replyBytes)
	if most > maxReplyBytes || len(l.ready) == 0 {
		t.Errorf("%d bytes are under way, %d rooms wait", most, len(l.ready))
	}
}
