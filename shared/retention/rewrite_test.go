package retention

import (
	"errors"
	"fmt"
	"math"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/redisconn"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// withFile runs a test with a process on such a server, whose first rewrite is over.
func withFile(t *testing.T, retention time.Duration, test func(t *testing.T, s *fileServer, p *process, start func() *process)) {
	synctest.Test(t, func(t *testing.T) {
		s := &fileServer{runID: "1", takes: 3 * time.Second, status: "ok", ended: "ok"}
		c, _ := inBubble(t, s)
		start := func() *process { return startProcess(t, c, Options{Retention: retention}) }
		p := start()
		if !math.IsNaN(p.gauge("chatter_last_rewrite_seconds")) {
			t.Error("the age of the last rewrite is known before the first")
		}
		time.Sleep(time.Minute)
		if s.count() != 1 {
			t.Fatalf("%d rewrites at the start, want 1", s.count())
		}
		test(t, s, p, start)
	})
}

func TestRewrite_FollowsAnExpiryWithinHalfAnHour(t *testing.T) {
	withFile(t, 24*time.Hour, func(t *testing.T, s *fileServer, p *process, _ func() *process) {
		time.Sleep(2 * time.Hour)
		for range 12 { // for two hours
			p.say(t, "room", "x")
			time.Sleep(10 * time.Minute)
		}
		time.Sleep(18 * time.Hour)
		if s.count() != 1 {
			t.Fatalf("%d rewrites although nothing expired, want 1", s.count())
		}
		if age := p.gauge("chatter_last_rewrite_seconds"); age < 22*3600 || age > 22*3600+120 {
			t.Errorf("the last rewrite began %v s ago, want 22 h", age)
		}
		// A day after the first one comes the next. From then on messages expire.
		time.Sleep(4 * time.Hour)
		before := s.count()
		time.Sleep(3 * time.Hour)
		if n := s.count() - before; n < 4 || n > 5 {
			t.Errorf("%d rewrites while messages expired for two hours, want one each 30 minutes", n)
		}
		s.mu.Lock()
		last := s.rewrites[len(s.rewrites)-1]
		for i, at := range s.rewrites[1:] {
			if at.Sub(s.rewrites[i]) < rewriteEvery {
				t.Errorf("two rewrites within %v", at.Sub(s.rewrites[i]))
			}
		}
		s.mu.Unlock()
		time.Sleep(20 * time.Hour)
		if s.count() != before+4 && s.count() != before+5 {
			t.Errorf("a rewrite although nothing expired; the last began %v ago", time.Since(last))
		}
		if f := p.Findings(); len(f) > 0 {
			t.Errorf("findings %q", f)
		}
	})
}

// The state survives the process: its successor knows when the last rewrite began, and
// that something expired.
func TestRewrite_GoesOnInTheNextProcess(t *testing.T) {
	withFile(t, time.Hour, func(t *testing.T, s *fileServer, p *process, start func() *process) {
		p.say(t, "room", "x")
		p.end()
		for range 3 {
			next := start()
			time.Sleep(time.Second)
			next.end()
		}
		next := start()
		time.Sleep(50 * time.Minute)
		if s.count() != 1 {
			t.Fatalf("%d rewrites, want 1", s.count())
		}
		time.Sleep(9*time.Minute + 30*time.Second)
		// This process notes the expiry and ends before it begins a rewrite.
		limit := time.Now().Add(10 * time.Minute)
		for next.client.Universal().HGet(t.Context(), "chatter:retention", expiredField).Val() == "" {
			if time.Now().After(limit) {
				t.Fatal("the expiry is not noted")
			}
			time.Sleep(time.Second)
		}
		next.end()
		if s.count() != 1 {
			t.Fatalf("%d rewrites before that process ended, want 1", s.count())
		}
		start()
		time.Sleep(time.Minute)
		if s.count() != 2 {
			t.Errorf("%d rewrites after something expired, want 2", s.count())
		}
	})
}

// With a short retention a nonce, whose key holds the room's name, expires after the message.
func TestRewrite_FollowsTheExpiryOfNonces(t *testing.T) {
	withFile(t, time.Minute, func(t *testing.T, s *fileServer, p *process, _ func() *process) {
		p.say(t, "room", "x")
		time.Sleep(59 * time.Minute)
		before := s.count()
		time.Sleep(4 * time.Minute)
		if s.count() <= before {
			t.Error("no rewrite after the nonce expired")
		}
	})
}

func TestRewrite_FindsProblems(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(s *fileServer)
		want  string
	}{
		"refused":     {func(s *fileServer) { s.refuse = answer("NOPERM this user has no permissions") }, "it refuses BGREWRITEAOF"},
		"unknown":     {func(s *fileServer) { s.refuse = answer("ERR unknown command 'bgrewriteaof'") }, "it refuses BGREWRITEAOF"},
		"no fork":     {func(s *fileServer) { s.refuse = answer("ERR Can't execute an AOF background rewriting.") }, "it cannot begin a rewrite"},
		"failed":      {func(s *fileServer) { s.status, s.takes = "err", 25*time.Second }, "the rewrite failed"},
		"unreachable": {func(s *fileServer) { s.refuse = errors.New("dial: connection refused") }, "it is not reachable"},
	} {
		t.Run(name, func(t *testing.T) {
			withFile(t, time.Hour, func(t *testing.T, s *fileServer, p *process, _ func() *process) {
				p.say(t, "room", "x")
				s.set(func() { tt.spoil(s) })
				time.Sleep(time.Hour + 2*time.Minute)
				if !p.finds(tt.want) || p.finds("overdue") {
					t.Errorf("findings %q, want %q", p.Findings(), tt.want)
				}
				time.Sleep(time.Hour)
				if !p.finds("promise overdue: redis: the append-only file of the primary") {
					t.Errorf("findings an hour later %q, want the overdue promise", p.Findings())
				}
				s.set(func() { s.refuse, s.status = nil, "ok" })
				time.Sleep(3 * time.Minute)
				if f := p.Findings(); len(f) > 0 {
					t.Errorf("findings after it worked %q", f)
				}
			})
		})
	}
}

// A Redis that dies during a rewrite says nothing of it when it is back.
func TestRewrite_BeginsAgainWhenRedisEndedDuringIt(t *testing.T) {
	withFile(t, time.Hour, func(t *testing.T, s *fileServer, p *process, _ func() *process) {
		p.say(t, "room", "x")
		s.set(func() { s.takes = 25 * time.Second })
		for s.count() < 2 {
			time.Sleep(time.Second)
		}
		s.set(func() { s.runID = "2" })
		time.Sleep(5 * time.Minute)
		if s.count() != 3 || len(p.Findings()) > 0 {
			t.Errorf("%d rewrites, want 3; findings %q", s.count(), p.Findings())
		}
	})
}

// Nobody rewrites the file while that is under way, be it by Redis itself.
func TestRewrite_WaitsForAnotherOne(t *testing.T) {
	withFile(t, time.Hour, func(t *testing.T, s *fileServer, p *process, _ func() *process) {
		p.say(t, "room", "x")
		s.set(func() { s.busy = true })
		time.Sleep(90 * time.Minute)
		if s.count() != 1 {
			t.Errorf("%d rewrites, want 1", s.count())
		}
		s.set(func() { s.busy = false })
		time.Sleep(30 * time.Second)
		if s.count() != 2 {
			t.Errorf("%d rewrites, want 2", s.count())
		}
	})
}

// Names are written again and again; the file is rewritten after the first have expired and
// after the last.
func TestRewrite_FollowsOtherExpiries(t *testing.T) {
	withFile(t, time.Hour, func(t *testing.T, s *fileServer, p *process, _ func() *process) {
		p.say(t, "room", "x") // makes the process lead
		time.Sleep(3 * time.Hour)
		for _, expires := range []time.Duration{3 * time.Hour, time.Hour, 2 * time.Hour} {
			p.Expires(time.Now().Add(expires))
		}
		for _, until := range []time.Duration{59 * time.Minute, time.Hour} { // the first, and the last
			time.Sleep(until)
			before := s.count()
			time.Sleep(time.Hour)
			if s.count() <= before {
				t.Errorf("no rewrite in the hour after %v", until)
			}
		}
	})
}

// After a failover the primary is another server, whose file has not been rewritten.
func TestRewrite_FollowsAFailover(t *testing.T) {
	withFile(t, 24*time.Hour, func(t *testing.T, s *fileServer, p *process, _ func() *process) {
		s.set(func() { s.runID = "restarted" })
		time.Sleep(2 * time.Hour)
		if s.count() != 1 {
			t.Errorf("%d rewrites after a restart, want the one before", s.count())
		}
		s.set(func() { s.runID, s.uptime = "another", 100_000 })
		time.Sleep(5 * time.Minute)
		if s.count() != 2 {
			t.Errorf("%d rewrites, want one of each server", s.count())
		}
		time.Sleep(2 * time.Hour)
		if s.count() != 2 || len(p.Findings()) > 0 {
			t.Errorf("%d rewrites hours later, want 2; findings %q", s.count(), p.Findings())
		}
	})
}

// The last rewrite and the last scan were in the future, by a clock that was wrong then.
func TestRewrite_FollowsAnExpiryWhenTheClockWasSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fileServer{runID: "1", takes: 3 * time.Second, status: "ok", ended: "ok"}
		c, m := inBubble(t, s)
		m.SetTime(time.Now().Add(48 * time.Hour))
		p := startProcess(t, c, Options{Retention: time.Hour})
		time.Sleep(time.Minute + time.Second) // between two ticks
		if s.count() != 1 {
			t.Fatalf("%d rewrites at the start, want 1", s.count())
		}
		m.SetTime(time.Time{}) // the right time from here on
		time.Sleep(time.Minute)
		p.say(t, "room", "x")
		old := fmt.Sprintf("%d-0", time.Now().Add(-2*time.Hour).UnixMilli())
		if _, err := m.XAdd("chatter:room:{of a process that has ended}:log", old, []string{"m", "x"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour - time.Minute)
		before := s.count()
		time.Sleep(time.Hour)
		if s.count() == before {
			t.Error("no rewrite in the hour after the message expired")
		}
		if m.Exists("chatter:room:{of a process that has ended}:log") {
			t.Error("no scan in two hours")
		}
		if f := p.Findings(); len(f) > 0 {
			t.Errorf("findings %q", f)
		}
	})
}

// A leader forgets a node in its first tick. The other processes forget it, too.
func TestRewrite_ForgetsANodeForAllProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fileServer{runID: "1", takes: 3 * time.Second, status: "ok", ended: "ok"}
		c, m := inBubble(t, s)
		const address = "127.0.0.1:1"
		m.HSet("chatter:retention", address, `{"Seen":"1999-12-01T00:00:00Z","Dirty":"1999-12-01T00:00:00Z"}`)
		leader := startProcess(t, c, Options{Retention: time.Hour})
		time.Sleep(time.Second)
		other := startProcess(t, c, Options{Retention: time.Hour})
		time.Sleep(time.Minute)
		if f := leader.Findings(); len(f) > 0 {
			t.Errorf("findings of the leader: %q", f)
		}
		if f := other.Findings(); len(f) > 0 {
			t.Errorf("findings of the other process: %q", f)
		}
	})
}

// Nodes that have gone and do not answer leave time for the rest of a tick.
func TestRewrite_WaitsBrieflyForNodesThatHaveGone(t *testing.T) {
	s := &fileServer{runID: "1", status: "ok", ended: "ok"}
	rdb := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr(), DisableIdentity: true})
	rdb.AddHook(s)
	c := redisconn.Wrap(rdb)
	defer c.Close()
	j := &Job{client: c, times: timesFor(time.Hour), nodes: make(map[string]node)}
	var asked atomic.Int32
	now := time.Now()
	const gone = 5
	for range gone {
		silent, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
		go func() {
			conn, err := silent.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			<-t.Context().Done() // the garbage collector closes what nothing holds
			conn.Close()
		}()
		j.nodes[silent.Addr().String()] = node{Seen: now}
	}
	j.rewrite(t.Context(), now, time.Time{})
	if n := asked.Load(); n == gone {
		t.Errorf("it has waited for all %d nodes", n)
	}
	if len(j.nodes) != gone+1 {
		t.Errorf("%d nodes are known, want %d and the primary", len(j.nodes), gone)
	}
}
