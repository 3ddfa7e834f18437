package capacity

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"chatter/shared/redisconn"
)

const (
	askEvery   = time.Second
	askTimeout = 2 * time.Second
	// A disk fills slowly.
	askDiskEvery = 10 * time.Second
)

// Watch asks Redis once a second how full it is, and less often how full its disk is. It is safe for concurrent use. A nil Watch
// is one of a Redis that is never full.
type Watch struct {
	client *redisconn.Client
	logger *slog.Logger

	share   atomic.Uint64 // the bits of a float64
	file    gauge         // of bytes
	free    gauge         // of bytes
	counts  [len(refused)]atomic.Int64
	stop    context.CancelFunc
	running sync.WaitGroup
}

// Start starts a watch of all primaries. It does not block. The caller closes it.
func Start(c *redisconn.Client, logger *slog.Logger) *Watch {
	ctx, stop := context.WithCancel(context.Background())
	w := &Watch{client: c, logger: logger, stop: stop}
	w.file.set(math.NaN())
	w.free.set(math.NaN())
	w.running.Go(func() { w.loop(ctx) })
	return w
}

// Close ends the watch.
func (w *Watch) Close() {
	w.stop()
	w.running.Wait()
}

func (w *Watch) loop(ctx context.Context) {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	var disk time.Time
	for {
		w.ask(ctx)
		if time.Since(disk) >= askDiskEvery {
			w.askDisk(ctx)
			disk = time.Now()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// ask reads the share of the fullest primary. While one does not answer, the last known
// share holds.
func (w *Watch) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	primaries, err := w.client.Primaries(ctx)
	if err != nil {
		return
	}
	fullest := 0.0
	for _, primary := range primaries {
		memory, err := redisconn.ReadInfo(ctx, primary, "memory")
		if err != nil {
			return
		}
		fullest = max(fullest, ShareOf(memory))
	}
	before := w.Step()
	w.share.Store(math.Float64bits(fullest))
	switch now := w.Step(); {
	case now == before:
	case now == Open:
		w.logger.Info("redis has memory again", "percent", int(100*fullest))
	default:
		w.logger.Warn("redis is nearly full", "percent", int(100*fullest), "refused", now.String())
	}
}

// ShareOf returns the part of maxmemory that Redis counts as used: without the buffers of
// replicas and of the append-only file. It is 0 without a maxmemory.
func ShareOf(memory redisconn.Info) float64 {
	number := func(name string) float64 {
		n, _ := strconv.ParseFloat(memory[name], 64)
		return n
	}
	most := number("maxmemory")
	if most <= 0 {
		return 0
	}
	return max(0, number("used_memory")-number("mem_not_counted_for_evict")) / most
}

// Share returns the part of maxmemory that is used, 0 if it is not known.
func (w *Watch) Share() float64 {
	if w == nil {
		return 0
	}
	return math.Float64frombits(w.share.Load())
}

// Step returns what is refused now. It asks nobody.
func (w *Watch) Step() Step { return stepOf(w.Share()) }

// Refuse counts a refusal and returns its error.
func (w *Watch) Refuse(s Step) error {
	if w != nil {
		w.counts[s].Add(1)
	}
	return Full{s}
}

// Refused returns how often Refuse was called.
func (w *Watch) Refused(s Step) int64 {
	if w == nil {
		return 0
	}
	return w.counts[s].Load()
}

// Findings returns a line if something is refused.
func (w *Watch) Findings() []string {
	if step := w.Step(); step > Open {
		return []string{fmt.Sprintf("redis: %.0f %% of maxmemory is used: %v are refused", 100*w.Share(), step)}
	}
	return nil
}
