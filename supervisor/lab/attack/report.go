package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"chatter/shared/redisconn"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/stack"
)

// noticed is what the polite guests noticed of an attack.
type noticed struct {
	said, lost, newcomers int
	p50, p99              time.Duration // from saying to the ack
	refused               []string
}

// noticed is of the messages since a mark up to a number.
func (w *crowd) noticed(since mark, upTo int) (n noticed) {
	w.mu.Lock()
	var waits []time.Duration
	for _, m := range w.said[since.said:upTo] {
		if !m.acked.IsZero() {
			waits = append(waits, m.acked.Sub(m.at))
		}
	}
	for _, code := range slices.Sorted(maps.Keys(w.refused)) {
		if more := w.refused[code] - since.refused[code]; more > 0 {
			n.refused = append(n.refused, fmt.Sprintf("%s ×%d", code, more))
		}
	}
	n.said, n.newcomers = upTo-since.said, w.newcomers-since.newcomers
	w.mu.Unlock()
	slices.Sort(waits)
	if len(waits) > 0 {
		n.p50, n.p99 = waits[len(waits)/2], waits[len(waits)*99/100]
	}
	n.lost = w.lost(since.said, upTo)
	return n
}

// row is a line of the table.
type row struct {
	attack, achieved string
	memory           string
	noticed
}

const tableHead = "attack          polite: said lost newcomers acks p50     p99  MiB wsd/httpd/Redis  refused; achieved\n"

func (r row) String() string {
	refused := "none refused"
	if len(r.refused) > 0 {
		refused = "REFUSED " + strings.Join(r.refused, ", ")
	}
	return fmt.Sprintf("%-15s %12d %4d %9d %5d ms %5d ms  %19s  %s; %s\n", r.attack, r.said, r.lost, r.newcomers,
		r.p50.Milliseconds(), r.p99.Milliseconds(), r.memory, refused, r.achieved)
}

func (r row) harmed() bool { return r.lost > 0 || len(r.refused) > 0 }

// memory watches the resident memory of the services and of Redis.
type memory struct {
	cancel  context.CancelFunc
	ended   chan struct{}
	highest [3]int // MiB
}

func newMemory(ctx context.Context, s *stack.Stack) *memory {
	ctx, cancel := context.WithCancel(ctx)
	m := &memory{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(m.ended)
		for again := true; again; again = guest.Pause(ctx, 500*time.Millisecond) {
			for i, processes := range [][]string{{"wsd:wsd_0", "wsd:wsd_1"}, {"httpd:httpd_0", "httpd:httpd_1"}, {"redis"}} {
				sum := 0
				for _, p := range processes {
					sum += resident(ctx, s, p)
				}
				m.highest[i] = max(m.highest[i], sum)
			}
		}
	}()
	return m
}

// stop returns the highest values of the services' and of Redis's processes.
func (m *memory) stop() string {
	m.cancel()
	<-m.ended
	return fmt.Sprintf("%d/%d/%d", m.highest[0], m.highest[1], m.highest[2])
}

// redisMemory is the memory that Redis counts against maxmemory, in KiB.
func redisMemory(ctx context.Context, s *stack.Stack) int {
	client, err := redisconn.Open(s.RedisURL())
	if err != nil {
		return 0
	}
	defer client.Close()
	text, err := client.Universal().Info(ctx, "memory").Result()
	var bytes int
	if _, after, ok := strings.Cut(text, "used_memory:"); err != nil || !ok {
		return 0
	} else if _, err := fmt.Sscan(after, &bytes); err != nil {
		return 0
	}
	return bytes >> 10
}
