package roomlog

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/wire"
)

// most is what a log may take in Redis at any moment.
const most = DefaultMaxBytes * 5 / 4

// Three processes fill one room with texts of all lengths, short ones first: an estimate
// from the oldest entries would be far too low.
func TestAppend_KeepsALogBelowItsSize(t *testing.T) {
	c := redistest.Start(t).Client()
	defer c.Close()
	room := roomNamed(t, "room")
	logs := make([]*Log, 3)
	for i := range logs {
		logs[i] = newLog(t, c, Options{})
	}
	key, largest := logs[0].keys.log(room), int64(0)
	measure := func() int64 {
		t.Helper()
		used, err := c.Universal().MemoryUsage(t.Context(), key, 0).Result()
		if err != nil {
			t.Fatal(err)
		}
		if used > most {
			t.Fatalf("the log takes %d bytes, %d at most", used, most)
		}
		largest = max(largest, used)
		return used
	}
	for round := range 60 {
		var waiting sync.WaitGroup
		for i := range 12 {
			long := text(t, strings.Repeat("🇸🇪", []int{3, 300, 1024}[min(round/10, 2)]))
			waiting.Add(1)
			logs[i%len(logs)].Submit(room, wire.NewNonce(), long, func(_ wire.Stored, err error) {
				if err != nil {
					t.Error(err)
				}
				waiting.Done()
			}, nil)
		}
		waiting.Wait()
		measure()
	}
	if used := measure(); largest < DefaultMaxBytes*15/16 || used < DefaultMaxBytes*7/8 {
		t.Errorf("the log took %d bytes at most and takes %d now: too much was trimmed", largest, used)
	}
	page, err := logs[0].Before(t.Context(), room, wire.ID{Ms: 1 << 60}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Entries) <= wire.HistoryPage {
		t.Errorf("%d entries are left", len(page.Entries))
	}
	ttl := c.Universal().PTTL(t.Context(), logs[0].keys.trimmed(room)).Val()
	if ttl < DefaultRetention {
		t.Errorf("the trimming is remembered for %v", ttl)
	}
}

// The newest entries of a log that was trimmed by its size are not all that there was.
func TestRead_TellsThatTheLogWasTrimmedByItsSize(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, room, f := newLog(t, c, Options{MaxBytes: 8 << 10}), roomNamed(t, "room"), newFakeReader()
		f.read.Newest = true
		newest := func() Outcome {
			l.SetReaders(f.of)
			defer l.SetReaders(nil)
			return forward(l, f, room, wire.ID{}, 10)
		}
		first := say(t, l, room, "first").ID
		if o := newest(); o.Err != nil || o.More || len(o.Entries) != 1 {
			t.Fatalf("before: %+v", o)
		}
		for i := range wire.HistoryPage {
			l.trims.mu.Lock()
			clear(l.trims.rooms) // each one is measured
			l.trims.mu.Unlock()
			say(t, l, room, strings.Repeat(fmt.Sprint(i%10), 1999))
		}
		o := newest()
		if o.Err != nil || !o.More || len(o.Entries) == 0 || o.Entries[0].ID == first {
			t.Errorf("after: %d entries, more %v, %v", len(o.Entries), o.More, o.Err)
		}
		if _, gap, err := l.After(t.Context(), room, first, 10); err != nil || !gap {
			t.Errorf("after an entry that was trimmed: gap %v, %v", gap, err)
		}
	})
}

// A batch is no longer than the part of a log that a reader may lack.
func TestBatchLen(t *testing.T) {
	long := &message{text: strings.Repeat("x", wire.MaxTextBytes)}
	waiting := []*message{}
	for range 100 {
		waiting = append(waiting, long)
	}
	if n := batchLen(waiting, maxPipeline); n != maxBatchBytes/wire.MaxTextBytes {
		t.Errorf("%d long messages in a batch", n)
	}
	for i := range waiting {
		waiting[i] = &message{text: "x"}
	}
	if n := batchLen(waiting, 70); n != 70 {
		t.Errorf("%d short messages in a batch, 70 at most", n)
	}
	if n := batchLen(nil, 70); n != 0 {
		t.Errorf("%d of none", n)
	}
}

// A message that is sent again is not stored, so nothing is trimmed for it. Here the log is always
// to be measured with such a message: with every second one of this length.
func TestAppend_KeepsALogBelowItsSizeWhenMessagesAreSentAgain(t *testing.T) {
	c := redistest.Start(t).Client()
	defer c.Close()
	l, room := newLog(t, c, Options{}), roomNamed(t, "room")
	long := text(t, strings.Repeat("🇸🇪", 1024))
	for i := range 400 {
		nonce, times := wire.NewNonce(), 2
		if i == 0 {
			times = 3 // it is to be measured with the first one, too
		}
		for try := range times {
			if stored, err := l.Append(t.Context(), room, nonce, long); err != nil || stored.Known != (try > 0) {
				t.Fatal(stored, err)
			}
		}
	}
	if used, err := c.Universal().MemoryUsage(t.Context(), l.keys.log(room), 0).Result(); err != nil || used > most {
		t.Errorf("the log takes %d bytes, %v; want %d at most", used, err, most)
	}
}
