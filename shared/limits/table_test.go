package limits

import (
	"fmt"
	"testing"
	"time"
)

func TestTable_ForgetsWhatIsNotUsed(t *testing.T) {
	l := newLimiter(ForSockets(5, 20))
	now := start
	for i := range 2000 {
		now = now.Add(time.Second)
		l.Say(say("198.51.100.1", fmt.Sprint(i), fmt.Sprint("room ", i)), now)
		if i%60 == 0 {
			l.Forget(now)
		}
		if n := len(l.sessions.entries); n > int((minLife+forgetEvery)/time.Second)+1 {
			t.Fatalf("%d sessions after %d", n, i)
		}
	}
	if n := len(l.rooms.entries); n > int((talkWindow+forgetEvery)/time.Second)+1 {
		t.Errorf("%d rooms", n)
	}
	l.Forget(now.Add(time.Hour))
	if n := len(l.sessions.entries) + len(l.rooms.entries) + len(l.classShares.entries) + len(l.shares.entries); n != 0 {
		t.Errorf("%d entries an hour later", n)
	}
}

func TestTable_KeepsWhatOwes(t *testing.T) {
	l := newLimiter(ForSockets(0.001, 1))
	m := say("198.51.100.1", "flooder", "")
	l.Say(m, start)
	for i := range 10_000 {
		l.Say(say("198.51.100.1", fmt.Sprint(i), ""), start)
	}
	if l.Say(m, start) == 0 {
		t.Error("the flooder was forgotten while there was room")
	}
}

func TestTable_IsBounded(t *testing.T) {
	table := newTable[int, bucket](maxEntries, time.Hour)
	for i := range 3 * maxEntries {
		table.get(i, start)
		if len(table.entries) > maxEntries {
			t.Fatalf("%d entries", len(table.entries))
		}
	}
	if len(table.entries) < maxEntries/2 {
		t.Errorf("%d entries are left", len(table.entries))
	}
}
