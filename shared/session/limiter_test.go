package session

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestLimiter_Allow(t *testing.T) {
	type ask struct {
		after time.Duration // since start
		id    string
		wait  time.Duration // 0 = allowed
	}
	for _, test := range []struct {
		name  string
		rate  float64
		burst int
		asks  []ask
	}{
		{"the burst, then the rate", 2, 3, []ask{
			{0, "a", 0}, {0, "a", 0}, {0, "a", 0},
			{0, "a", 500 * time.Millisecond},
			{200 * time.Millisecond, "a", 300 * time.Millisecond},
			{500 * time.Millisecond, "a", 0},
			{500 * time.Millisecond, "a", 500 * time.Millisecond},
			{time.Hour, "a", 0}, {time.Hour, "a", 0}, {time.Hour, "a", 0},
			{time.Hour, "a", 500 * time.Millisecond},
		}},
		{"asking too early costs nothing", 1, 1, []ask{
			{0, "a", 0},
			{0, "a", time.Second}, {0, "a", time.Second}, {0, "a", time.Second},
			{time.Second, "a", 0},
		}},
		{"each session for itself", 1, 1, []ask{
			{0, "a", 0}, {0, "b", 0},
			{0, "a", time.Second}, {0, "b", time.Second},
		}},
		{"a burst below one is one", 1, 0, []ask{
			{0, "a", 0}, {0, "a", time.Second}, {time.Second, "a", 0},
		}},
		{"off", 0, 0, []ask{{0, "a", 0}, {0, "a", 0}, {0, "a", 0}}},
		{"a clock that steps back", 1, 1, []ask{
			{time.Minute, "a", 0}, {0, "a", time.Second}, {time.Second, "a", 0},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := NewLimiter(test.rate, test.burst)
			for i, a := range test.asks {
				ok, wait := l.Allow(a.id, start.Add(a.after))
				if ok != (a.wait == 0) || wait != a.wait {
					t.Errorf("ask %d (%s after %v): %v, wait %v; want wait %v", i, a.id, a.after, ok, wait, a.wait)
				}
			}
		})
	}
}

func TestLimiter_ForgetsSessionsWithAFullBucket(t *testing.T) {
	l := NewLimiter(1, 2) // full again after two seconds at most
	now := start
	for i := range 100 * minSweep {
		now = now.Add(10 * time.Millisecond) // some 200 buckets are not full
		l.Allow(fmt.Sprint(i), now)
		if len(l.buckets) > minSweep {
			t.Fatalf("%d buckets after %d sessions, want at most %d", len(l.buckets), i, minSweep)
		}
	}
}

func TestLimiter_KeepsSessionsThatOwe(t *testing.T) {
	l := NewLimiter(0.01, 1)
	l.Allow("flooder", start)
	for i := range 10 * minSweep {
		l.Allow(fmt.Sprint(i), start)
	}
	if ok, _ := l.Allow("flooder", start); ok {
		t.Error("the flooder was forgotten while there was room")
	}
}

func TestLimiter_MemoryIsBoundedWhenNobodysBucketFillsUp(t *testing.T) {
	l := NewLimiter(1e-6, 1)
	most := 0
	for i := range 3 * maxBuckets {
		if ok, _ := l.Allow(fmt.Sprint(i), start); !ok {
			t.Fatalf("session %d was refused its first message", i)
		}
		most = max(most, len(l.buckets))
	}
	if most != maxBuckets {
		t.Errorf("%d buckets at most, want %d", most, maxBuckets)
	}
}

func TestLimiter_OffRemembersNobody(t *testing.T) {
	l := NewLimiter(0, 20)
	for i := range 100 {
		l.Allow(fmt.Sprint(i), start)
	}
	if len(l.buckets) != 0 {
		t.Errorf("%d buckets, want none", len(l.buckets))
	}
}

func TestLimiter_Concurrent(t *testing.T) {
	l := NewLimiter(1e-6, 100)
	var allowed [8]int
	var wg sync.WaitGroup
	for i := range allowed {
		wg.Go(func() {
			for range 100 {
				if ok, _ := l.Allow("a", start); ok {
					allowed[i]++
				}
			}
		})
	}
	wg.Wait()
	sum := 0
	for _, n := range allowed {
		sum += n
	}
	if sum != 100 {
		t.Errorf("%d allowed, want the burst of 100", sum)
	}
}

func BenchmarkLimiter(b *testing.B) {
	ids := make([]string, 1000)
	for i := range ids {
		ids[i] = fmt.Sprintf("session-%d", i)
	}
	l, now, i := NewLimiter(5, 20), start, 0
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Millisecond)
		l.Allow(ids[i%len(ids)], now)
		i++
	}
}
