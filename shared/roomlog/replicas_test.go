package roomlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/wire"
)

// pause stops a server, which keeps its connections, until resume is called.
func pause(t *testing.T, s *redistest.Server) (resume func()) {
	t.Helper()
	signal := func(sig syscall.Signal) {
		if err := syscall.Kill(s.Pid(), sig); err != nil {
			t.Fatal(err)
		}
	}
	signal(syscall.SIGSTOP)
	return func() { signal(syscall.SIGCONT) }
}

func confirming(t testing.TB, url string, replicas int) *redisconn.Client {
	t.Helper()
	c, err := redisconn.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.AckReplicas(replicas)
	return c
}

// awaitEntries waits until the primary has n entries of the room.
func awaitEntries(t *testing.T, primary *redistest.Server, room name.Room, n string) {
	t.Helper()
	limit := time.After(hangLimit)
	for {
		have := primary.Do("XLEN", keys{"chatter:"}.log(room))
		if have == n {
			return
		}
		select {
		case <-limit:
			t.Fatalf("the log has %s entries, want %s", have, n)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// A replica is stopped and does not confirm anything. A message is stored in the primary and not
// acked, neither on its first try nor when its sender sends it again, until the replica goes on.
// The log has it once.
func TestAckReplicas_NoAckUntilAReplicaHasIt(t *testing.T) {
	for _, full := range []bool{false, true} {
		t.Run(fmt.Sprintf("full %v", full), func(t *testing.T) {
			s := redistest.StartSentinel(t)
			primary, replica := s.Pair[0], s.Pair[1]
			c := confirming(t, s.URL, 1)
			first, again := newLog(t, c, Options{Patience: time.Second}), newLog(t, c, Options{})
			room := roomNamed(t, "room")
			say(t, again, room, "while both run")

			resume := pause(t, replica)
			nonce := wire.NewNonce()
			if _, err := first.Append(t.Context(), room, nonce, text(t, "paused")); !errors.Is(err, redisconn.ErrUnconfirmed) || !errors.Is(err, redisconn.ErrUnavailable) {
				t.Fatalf("while the replica is paused: %v, want ErrUnconfirmed and ErrUnavailable", err)
			}
			awaitEntries(t, primary, room, "2")
			if _, err := first.Append(t.Context(), room, nonce, text(t, "paused")); !errors.Is(err, redisconn.ErrUnconfirmed) {
				t.Fatalf("a known nonce while the replica is paused: %v, want ErrUnconfirmed", err)
			}
			if full {
				primary.Do("CONFIG", "SET", "maxmemory", "1")
			}
			acked := make(chan error, 1)
			again.Submit(room, nonce, text(t, "paused"), func(stored wire.Stored, err error) {
				if err == nil && !stored.Known {
					err = errors.New("it is stored anew")
				}
				acked <- err
			}, nil)
			resume()
			if err := <-acked; err != nil {
				t.Fatalf("after the replica went on: %v", err)
			}
			if n := replica.Do("XLEN", again.keys.log(room)); n != "2" {
				t.Errorf("the replica has %s entries, want 2", n)
			}
			awaitEntries(t, primary, room, "2")
		})
	}
}

// A retry with a known nonce writes. Otherwise its connection may have written nothing since
// the replica stopped, and a WAIT there is over at once. The key keeps its value and its end.
func TestAckReplicas_AKnownNonceIsWrittenAgain(t *testing.T) {
	for _, confirmed := range []bool{false, true} {
		t.Run(fmt.Sprint(confirmed), func(t *testing.T) {
			s := redistest.StartSentinel(t)
			replicas := 0
			if confirmed {
				replicas = 1
			}
			l := newLog(t, confirming(t, s.URL, replicas), Options{})
			room, nonce, key := roomNamed(t, "room"), wire.NewNonce(), ""
			key = l.keys.nonce(room, nonce)
			if _, err := l.Append(t.Context(), room, nonce, text(t, "x")); err != nil {
				t.Fatal(err)
			}
			before, end := s.Pair[0].Do("GET", key), s.Pair[0].Do("PEXPIRETIME", key)
			s.Pair[0].Do("CONFIG", "RESETSTAT")
			if again, err := l.Append(t.Context(), room, nonce, text(t, "x")); err != nil || !again.Known {
				t.Fatalf("again: %+v, %v", again, err)
			}
			if wrote := strings.Contains(s.Pair[0].Do("INFO", "commandstats"), "cmdstat_pexpire:"); wrote != confirmed {
				t.Errorf("the retry wrote: %v, want %v", wrote, confirmed)
			}
			if value := s.Pair[0].Do("GET", key); value != before {
				t.Errorf("the nonce has the ID %s, want %s", value, before)
			}
			var was, is int64
			fmt.Sscan(end, &was)
			fmt.Sscan(s.Pair[0].Do("PEXPIRETIME", key), &is)
			if is < was-1 || is > was+1 {
				t.Errorf("the nonce ends at %d ms, want %d", is, was)
			}
		})
	}
}

// In a Cluster each primary's messages wait for replicas of this primary. Messages to shards
// whose replica runs are acked although another shard's replica does not.
func TestAckReplicas_EachShardOfAClusterWaitsForItsOwn(t *testing.T) {
	cluster := redistest.StartCluster(t)
	replicas := cluster.AddReplicas(t)
	c := confirming(t, cluster.URL, 1)
	l, patient := newLog(t, c, Options{Patience: time.Second}), newLog(t, c, Options{})
	rooms := make([]name.Room, len(cluster.Nodes)) // one in each shard
	for i := 0; ; i++ {
		room := roomNamed(t, fmt.Sprint("room ", i))
		rooms[cluster.Owner(t, l.keys.log(room))] = room
		if !slices.Contains(rooms, name.Room{}) {
			break
		}
	}
	for _, room := range rooms {
		say(t, patient, room, "x")
	}
	resume := pause(t, replicas[1])
	results := make(chan error, len(rooms))
	nonce := wire.NewNonce()
	for i, room := range rooms {
		through := patient
		if i == 1 {
			through = l
		}
		through.Submit(room, nonce, text(t, "y"), func(_ wire.Stored, err error) {
			if got := errors.Is(err, redisconn.ErrUnconfirmed); got != (i == 1) {
				err = fmt.Errorf("shard %d: %w, want unconfirmed %v", i, err, i == 1)
			} else {
				err = nil
			}
			results <- err
		}, nil)
	}
	for range rooms {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	resume()
	if again, err := patient.Append(t.Context(), rooms[1], nonce, text(t, "y")); err != nil || !again.Known {
		t.Errorf("after the replica went on: %+v, %v", again, err)
	}
}

// A lone Redis has no replica that could confirm anything.
func TestAckReplicas_ALoneRedis(t *testing.T) {
	server := redistest.Start(t)
	c := confirming(t, server.URL, 1)
	l := newLog(t, c, Options{Patience: 100 * time.Millisecond})
	_, err := l.Append(context.Background(), roomNamed(t, "room"), wire.NewNonce(), text(t, "x"))
	if !errors.Is(err, redisconn.ErrUnconfirmed) {
		t.Errorf("%v, want ErrUnconfirmed", err)
	}
}
