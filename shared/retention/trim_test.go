package retention

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
)

const logKey = "chatter:room:{room}:log"

// The first message of a room is forgotten although a second one was said shortly before
// and the room has been silent since.
func TestJob_TrimsASilentRoom(t *testing.T) {
	for _, retention := range []time.Duration{10 * time.Second, time.Hour, 24 * time.Hour} {
		t.Run(retention.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, m := inBubble(t)
				p := startProcess(t, c, Options{Retention: retention, Embedded: true})
				late := min(time.Minute, retention/10) + min(10*time.Second, retention/10)
				p.say(t, "room", "first")
				time.Sleep(retention - 2*late)
				p.say(t, "room", "second")
				time.Sleep(2*late - time.Millisecond)
				if entries, err := m.Stream(logKey); err != nil || len(entries) != 2 {
					t.Fatalf("%d entries before the first expired, %v; want 2", len(entries), err)
				}
				time.Sleep(late + time.Millisecond)
				if entries, _ := m.Stream(logKey); len(entries) != 1 {
					t.Fatalf("%d entries after the first expired, want 1", len(entries))
				}
				if age := p.gauge("chatter_oldest_message_seconds"); age > retention.Seconds() {
					t.Errorf("the oldest message is %v s old", age)
				}
				time.Sleep(retention)
				if m.Exists(logKey) {
					t.Error("the log is there after both expired")
				}
				if age := p.gauge("chatter_oldest_message_seconds"); age != 0 {
					t.Errorf("the oldest message is %v s old, want none", age)
				}
			})
		})
	}
}

// A process trims its own rooms although another one is the leader and does not.
func TestJob_TrimsItsOwnRoomsWithoutTheLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := inBubble(t)
		m.Set("chatter:retention:leader", "a process that is paused")
		p := startProcess(t, c, Options{Retention: time.Hour, Embedded: true})
		p.say(t, "room", "first")
		time.Sleep(50 * time.Minute)
		p.say(t, "room", "second")
		time.Sleep(10*time.Minute + 11*time.Second)
		if entries, _ := m.Stream(logKey); len(entries) != 1 {
			t.Errorf("%d entries after the first expired, want 1", len(entries))
		}
	})
}

// A process that ends leaves its rooms to the leader.
func TestJob_ScansTheRoomsOfAllProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := inBubble(t)
		o := Options{Retention: 3 * time.Hour, Embedded: true}
		first, second := startProcess(t, c, o), startProcess(t, c, o)
		synctest.Wait()
		for i := range 300 {
			second.say(t, fmt.Sprint("room ", i), "x")
		}
		m.Set("chatter:room:{room 1}:nonce:log", "x") // no log
		m.Set("other:room:{room 1}:log", "x")
		synctest.Wait()
		if leader, err := m.Get("chatter:retention:leader"); err != nil || leader != first.token && leader != second.token {
			t.Fatalf("the leader is %q, error %v, want one of the two processes", leader, err)
		}
		second.end()
		time.Sleep(2 * time.Hour)
		if n := len(m.Keys()); n != 300+4 {
			t.Errorf("%d keys before the retention, want the logs and 4 others", n)
		}
		time.Sleep(time.Hour + time.Minute + 10*time.Second)
		if keys := m.Keys(); len(keys) != 4 {
			t.Errorf("%d keys after the retention, want 4: %q …", len(keys), keys[:min(3, len(keys))])
		}
		if first.finds("overdue") {
			t.Errorf("findings %q", first.Findings())
		}
	})
}

// The lock of a leader that was killed expires, and the next leader scans at once.
func TestJob_TheNextLeaderScansAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := inBubble(t)
		now := time.Now()
		m.Set("chatter:retention:leader", "a process that was killed")
		m.SetTTL("chatter:retention:leader", 30*time.Second)
		if _, err := m.XAdd(logKey, fmt.Sprintf("%d-0", now.Add(-25*time.Hour).UnixMilli()), []string{"m", "x"}); err != nil {
			t.Fatal(err)
		}
		startProcess(t, c, Options{Retention: 24 * time.Hour, Embedded: true})
		time.Sleep(29 * time.Second)
		if !m.Exists(logKey) {
			t.Fatal("it scanned without the lock")
		}
		time.Sleep(11 * time.Second)
		if m.Exists(logKey) {
			t.Error("the log is still there")
		}
	})
}

// A message that nobody trims is a finding.
func TestJob_FindsAMessageThatIsTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := inBubble(t)
		p := startProcess(t, c, Options{Retention: time.Hour, Embedded: true})
		p.say(t, "room", "x")
		time.Sleep(time.Minute)
		m.SetError("ERR no more") // the job learns nothing more
		time.Sleep(time.Hour + 4*time.Minute)
		if p.finds("overdue") {
			t.Error("found too early")
		}
		time.Sleep(time.Minute)
		if n := p.gauge("chatter_promises_overdue"); n != 1 {
			t.Errorf("%v promises are overdue, want 1", n)
		}
		if !p.finds("promise overdue: Redis holds a message") {
			t.Errorf("findings %q", p.Findings())
		}
	})
}

// An append that runs beside a trim must not be lost to the schedule.
func TestSchedule_KeepsTheOlderEntry(t *testing.T) {
	var s schedule
	at := time.Unix(1000, 0)
	add := func(key string, n time.Duration) { s.add(key, logAge{at.Add(n), at.Add(n)}) }
	add("a", 5)
	add("b", 3)
	add("a", 9)
	add("b", 1)
	add("c", 7)
	if s.oldest() != at.Add(1) {
		t.Errorf("oldest %v", s.oldest())
	}
	taken := slices.Sorted(maps.Keys(s.take(at.Add(6))))
	if fmt.Sprint(taken) != "[a b]" || len(s.take(at.Add(6))) != 0 || len(s.take(at.Add(7))) != 1 || !s.oldest().IsZero() {
		t.Errorf("taken %v", taken)
	}
	for i := range maxLogs + 1 {
		add(fmt.Sprint(i), 0)
	}
	if len(s.logs) != maxLogs {
		t.Errorf("%d logs, want %d", len(s.logs), maxLogs)
	}
}

// noScripts refuses scripts while it is on.
type noScripts struct{ on atomic.Bool }

func (n *noScripts) DialHook(next redis.DialHook) redis.DialHook          { return next }
func (n *noScripts) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (n *noScripts) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if !n.on.Load() || cmds[0].Name() != "evalsha" {
			return next(ctx, cmds)
		}
		for _, cmd := range cmds {
			cmd.SetErr(answer("BUSY Redis is busy running a script"))
		}
		return cmds[0].Err()
	}
}

// Logs that could not be trimmed are tried again.
func TestJob_TrimsAgainAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scripts := new(noScripts)
		c, m := inBubble(t, scripts)
		m.Set("chatter:retention:leader", "a process that is paused") // its scans would hide the failure
		p := startProcess(t, c, Options{Retention: 24 * time.Hour, Embedded: true})
		for i := range 2 * maxTrims {
			p.say(t, fmt.Sprint("room ", i), "x")
		}
		time.Sleep(23*time.Hour + 50*time.Minute)
		scripts.on.Store(true)
		time.Sleep(11 * time.Minute)
		if n := len(m.Keys()); n != 2*maxTrims+1 {
			t.Fatalf("%d keys, want all logs and the lock", n)
		}
		scripts.on.Store(false)
		time.Sleep(11 * time.Second)
		if n := len(m.Keys()); n != 1 {
			t.Errorf("%d keys, want the lock", n)
		}
	})
}

// A key that somebody added by hand, and that is no log, keeps no log from being trimmed.
func TestJob_TrimsBesideAKeyThatIsNoLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := inBubble(t)
		const odd = "chatter:room:{0}:log"
		m.Set(odd, "x")
		for i := range 2 * maxTrims {
			for _, age := range []time.Duration{25 * time.Hour, time.Hour} {
				id := fmt.Sprintf("%d-0", time.Now().Add(-age).UnixMilli())
				if _, err := m.XAdd(fmt.Sprintf("chatter:room:{room %d}:log", i), id, []string{"m", "x"}); err != nil {
					t.Fatal(err)
				}
			}
		}
		startProcess(t, c, Options{Retention: 24 * time.Hour, Embedded: true})
		time.Sleep(time.Minute)
		expired := 0
		for _, key := range m.Keys() {
			if entries, err := m.Stream(key); err == nil {
				expired += len(entries) - 1
			}
		}
		if expired > 0 {
			t.Errorf("%d expired messages are still there", expired)
		}
	})
}
