package limits

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"chatter/shared/redisconn"

	"github.com/alicebob/miniredis/v2"
)

// hangLimit is after how long a test says that something hangs.
const hangLimit = 2 * time.Minute

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	limit := time.After(hangLimit)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-limit:
			t.Fatalf("waited %v until %s", hangLimit, what)
		case <-tick.C:
		}
	}
}

// Two processes know through Redis that different classes talk in a room, also after Redis
// was away.
func TestReport_ThroughRedis(t *testing.T) {
	server := miniredis.RunT(t)
	client, err := redisconn.Open("redis://" + server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	logger := slog.New(slog.DiscardHandler)
	var processes []*Limiter
	for range 2 {
		l := newLimiter(ForSockets(5, 20))
		l.Start(client, "chatter:", logger)
		defer l.Close()
		processes = append(processes, l)
	}
	watch := client.Universal().Subscribe(t.Context(), "chatter:talk")
	defer watch.Close()
	published := watch.Channel()
	eventually(t, "all have subscribed", func() bool { return server.PubSubNumSub("chatter:talk")["chatter:talk"] == 3 })

	knows := func(l *Limiter, room string) bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		tag := network("198.51.100.1").tag(l.key)
		return l.rooms.get(l.roomID(room), time.Now()).contested(tag, l.key, time.Now())
	}
	m := say("203.0.113.1", "secret session", "secret room")
	if processes[0].Say(m, time.Now()) > 0 {
		t.Fatal("refused")
	}
	eventually(t, "the other process knows it", func() bool {
		_ = processes[0].Say(m, time.Now()) // a report may be late
		return knows(processes[1], "secret room")
	})
	text := (<-published).Payload
	for _, secret := range []string{"203.0.113.1", "secret session", "secret room"} {
		if strings.Contains(text, secret) {
			t.Errorf("published is %s", text)
		}
	}

	server.Close()
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it knows of another room after Redis was away", func() bool {
		m.Room = "another room"
		_ = processes[0].Say(m, time.Now())
		return knows(processes[1], "another room")
	})
}

func TestReport_OffSendsNothing(t *testing.T) {
	server := miniredis.RunT(t)
	client, err := redisconn.Open("redis://" + server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	l := New(Options{Off: true})
	l.Start(client, "chatter:", slog.New(slog.DiscardHandler))
	l.Close()
	if err := client.Ready(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := server.PubSubNumSub("chatter:talk")["chatter:talk"]; n != 0 {
		t.Errorf("%d subscriptions", n)
	}
}

func TestReport_NamesNobody(t *testing.T) {
	s := newSite(t)
	marks := map[uint16]bool{}
	for range 20 {
		s.processes[0].Say(say("198.51.100.1", "a", "room"), s.now)
		s.now = s.now.Add(time.Second)
		report, ok := s.processes[0].Report(s.now)
		if !ok || len(report.Rooms) != 1 {
			t.Fatalf("report %+v", report)
		}
		for id, r := range report.Rooms {
			if id != s.processes[1].roomID("room") {
				t.Error("another process has another ID of the room")
			}
			marks[r.Mark] = true
		}
	}
	if len(marks) < 18 {
		t.Errorf("%d different marks in 20 reports of one class: they can be linked", len(marks))
	}
	if _, ok := s.processes[0].Report(s.now); ok {
		t.Error("a report of nothing")
	}
}
