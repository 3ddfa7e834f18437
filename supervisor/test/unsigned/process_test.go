package unsigned_test

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"chatter/shared/session"
	"chatter/shared/wire"
	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

const (
	processMessages = 1000
	// A guess that knows nothing has 0.5. With so many messages chance alone reaches 0.55
	// about three times in a thousand.
	maxAUC = 0.55
	// maxRounds is how often it is measured until a round tells nothing. On a busy machine the
	// process that has just stored a message waits longer for its next turn: once 0.43 beside
	// all other tests. A process that delivers first or last by itself does so in each round.
	maxRounds = 3
)

// A guest with a socket in each wsd compares when a message arrives in them. That must not
// tell which process the author is connected to.
func TestUnsigned_ArrivalDoesNotTellTheAuthorsProcess(t *testing.T) {
	t.Parallel()
	s := fixture.Start(t, stack.Options{Env: []string{"CHATTER_LIMITS=off"}, HandshakesPerSecond: 1000, RequestsPerSecond: 1000})
	keys, err := session.LoadKeys(filepath.Join(s.Dir(), "secret"))
	if err != nil {
		t.Fatal(err)
	}
	author := newGuest(t, s, keys, "Author", "127.41.2.1")
	watcher := newGuest(t, s, keys, "Watcher", "127.41.2.2")
	authors, watchers := inEachProcess(author), inEachProcess(watcher)

	type arrival struct {
		process int
		id      wire.ID
		at      time.Time
	}
	arrivals := make(chan arrival, 2)
	for process, socket := range watchers {
		go func() {
			for {
				frame, err := socket.read()
				if err != nil {
					return // the test has ended
				}
				at := time.Now()
				if e, err := wire.ParseEvent([]byte(frame)); err == nil && e.Event == "message" {
					arrivals <- arrival{process, e.ID, at}
				}
			}
		}()
	}
	random := rand.New(rand.NewPCG(13, 0))
	measure := func() float64 {
		var earlier [2][]float64 // by the author's process: by how much the first process was earlier, in seconds
		for range processMessages {
			from := random.IntN(2)
			ack := authors[from].say("a message", wire.NewNonce())
			var at [2]time.Time
			for range watchers {
				a := <-arrivals
				if a.id != ack.ID {
					t.Fatalf("message %v arrived, want %v", a.id, ack.ID)
				}
				at[a.process] = a.at
			}
			earlier[from] = append(earlier[from], at[1].Sub(at[0]).Seconds())
		}
		return areaUnderCurve(earlier[0], earlier[1])
	}
	for round := 1; ; round++ {
		auc := measure()
		t.Logf("%d messages: the process of the author is guessed with an AUC of %.3f", processMessages, auc)
		if auc <= maxAUC && auc >= 1-maxAUC {
			return
		}
		if round == maxRounds {
			t.Fatalf("AUC %.3f, want %.2f to %.2f in one of %d rounds", auc, 1-maxAUC, maxAUC, maxRounds)
		}
	}
}

func TestAreaUnderCurve(t *testing.T) {
	for _, test := range []struct {
		high, low []float64
		want      float64
	}{
		{[]float64{3, 4}, []float64{1, 2}, 1},
		{[]float64{1, 2}, []float64{3, 4}, 0},
		{[]float64{1, 3}, []float64{1, 3}, 0.5},
		{[]float64{1, 4}, []float64{2, 3}, 0.5},
	} {
		if got := areaUnderCurve(test.high, test.low); got != test.want {
			t.Errorf("%v over %v: %v, want %v", test.high, test.low, got, test.want)
		}
	}
}

// areaUnderCurve is the probability that a random value of high is above one of low; equal
// ones count half.
func areaUnderCurve(high, low []float64) float64 {
	slices.Sort(low)
	sum := 0.0
	for _, h := range high {
		below, _ := slices.BinarySearch(low, h)
		upTo, _ := slices.BinarySearchFunc(low, h, func(l, h float64) int {
			if l <= h {
				return -1
			}
			return 1
		})
		sum += float64(below+upTo) / 2
	}
	return sum / float64(len(high)*len(low))
}

// inEachProcess opens sockets until the guest has one in each wsd, and keeps these.
func inEachProcess(g *guest) (kept [2]*socket) {
	g.t.Helper()
	for kept[0] == nil || kept[1] == nil {
		before := socketsOpen(g)
		s := g.open("/ws/chat/processes/?since=0", wire.Subprotocol)
		s.until(func(e wire.Event) bool { return e.Event == "live" })
		after := before
		fixture.Await(g.t, "one socket more", func() bool {
			after = socketsOpen(g)
			return after != before
		})
		process := 0
		if after[1] != before[1] {
			process = 1
		}
		if kept[process] == nil {
			kept[process] = s
			continue
		}
		s.conn.CloseNow()
		fixture.Await(g.t, "one socket less", func() bool { return socketsOpen(g) == before })
	}
	return kept
}

// socketsOpen is how many sockets each wsd has.
func socketsOpen(g *guest) (n [2]string) {
	for i, process := range []string{"wsd:wsd_0", "wsd:wsd_1"} {
		for line := range strings.Lines(metrics(g.t, g.site.Admin(process))) {
			if value, ok := strings.CutPrefix(line, "chatter_sockets "); ok {
				n[i] = strings.TrimSpace(value)
			}
		}
	}
	return n
}
