package capacity_test

import (
	"bytes"
	"errors"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chatter/shared/capacity"
	"chatter/shared/redisconn"
	"chatter/shared/redistest"

	"github.com/alicebob/miniredis/v2"
)

// hangLimit is after how long a test says that something hangs.
const hangLimit = 2 * time.Minute

func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit := time.After(hangLimit)
	for !holds() {
		select {
		case <-limit:
			t.Fatalf("waited %v until %s", hangLimit, what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// lockedBuffer is a log.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestWatch_KnowsTheStep(t *testing.T) {
	server := redistest.Start(t)
	c := server.Client()
	defer c.Close()
	log := new(lockedBuffer)
	w := capacity.Start(c, slog.New(slog.NewTextHandler(log, nil)))
	defer w.Close()
	for _, tt := range []struct {
		share float64
		step  capacity.Step
	}{
		{0.5, capacity.Open}, {0.79, capacity.Open}, {0.81, capacity.NoNewNames}, {0.89, capacity.NoNewNames},
		{0.91, capacity.NoNewRooms}, {0.94, capacity.NoNewRooms}, {0.96, capacity.ShortTexts}, {1.1, capacity.Exhausted}, {0.3, capacity.Open},
	} {
		server.Fill(tt.share)
		await(t, "the share is known", func() bool { return math.Abs(w.Share()-tt.share) < 0.009 })
		if w.Step() != tt.step {
			t.Errorf("at %v the step is %v, want %v", tt.share, w.Step(), tt.step)
		}
		findings := w.Findings()
		if open := tt.step == capacity.Open; open != (len(findings) == 0) || !open && !strings.Contains(findings[0], tt.step.String()) {
			t.Errorf("at %v: findings %q", tt.share, findings)
		}
	}
	for _, line := range []string{"redis is nearly full", "redis has memory again"} {
		await(t, "the log says: "+line, func() bool { return strings.Contains(log.String(), line) })
	}
	// Without a maxmemory there are no steps.
	server.Fill(0.96)
	await(t, "long texts are refused", func() bool { return w.Step() == capacity.ShortTexts })
	server.Do("CONFIG", "SET", "maxmemory", "0")
	await(t, "nothing is refused", func() bool { return w.Step() == capacity.Open })
}

func TestWatch_KeepsTheStepWhileRedisIsAway(t *testing.T) {
	server := redistest.Start(t)
	c := server.Client()
	defer c.Close()
	w := capacity.Start(c, slog.New(slog.DiscardHandler))
	defer w.Close()
	server.Fill(0.91)
	await(t, "new rooms are refused", func() bool { return w.Step() == capacity.NoNewRooms })
	share := w.Share()
	server.Kill()
	for range 3 {
		if err := c.Ready(t.Context()); !errors.Is(err, redisconn.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	if w.Step() != capacity.NoNewRooms {
		t.Errorf("the share was %v and is %v", share, w.Share())
	}
}

func TestWatch_TakesTheFullestNode(t *testing.T) {
	cluster := redistest.StartCluster(t)
	c := cluster.Client(t)
	defer c.Close()
	primaries, err := c.Primaries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := capacity.Start(c, slog.New(slog.DiscardHandler))
	defer w.Close()
	for i, share := range []string{"100000000", "2000000", "100000000"} {
		if err := primaries[i].ConfigSet(t.Context(), "maxmemory", share).Err(); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "the fullest node counts", func() bool { return w.Step() > capacity.Open })
}

func TestWatch_OfAnEmbeddedRedisOrNoneRefusesNothing(t *testing.T) {
	server := miniredis.RunT(t)
	c, err := redisconn.Open("redis://" + server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	w := capacity.Start(c, slog.New(slog.DiscardHandler))
	defer w.Close()
	await(t, "Redis was asked", func() bool { return server.TotalConnectionCount() > 0 })
	var none *capacity.Watch
	for _, w := range []*capacity.Watch{w, none} {
		if w.Step() != capacity.Open || len(w.Findings()) > 0 {
			t.Errorf("the step is %v", w.Step())
		}
	}
	if full, ok := errors.AsType[capacity.Full](none.Refuse(capacity.Exhausted)); !ok || full.Step != capacity.Exhausted {
		t.Error("a refusal without a watch")
	}
}

func TestRetryAfter_DiffersBetweenClients(t *testing.T) {
	var waits []time.Duration
	for range 20 {
		wait := capacity.RetryAfter()
		if wait < 20*time.Second || wait > 40*time.Second || slices.Contains(waits, wait) {
			t.Errorf("%v after %v", wait, waits)
		}
		waits = append(waits, wait)
	}
}

func TestWatch_KnowsTheDiskOfARedisOnThisMachine(t *testing.T) {
	server := redistest.Start(t)
	const length = 100_000
	server.Do("SET", "x", strings.Repeat("x", length))
	c := server.Client()
	defer c.Close()
	w := capacity.Start(c, slog.New(slog.DiscardHandler))
	defer w.Close()
	await(t, "the file and the disk are known", func() bool { return w.FileBytes() > length && w.DiskFree() > 0 })
	var none *capacity.Watch
	if !math.IsNaN(none.FileBytes()) || !math.IsNaN(none.DiskFree()) {
		t.Error("something is known without a watch")
	}
}
