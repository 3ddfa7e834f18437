package capacity

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"chatter/shared/background"
	"chatter/shared/redisconn"
)

const (
	askEvery   = time.Second
	askTimeout = 2 * time.Second
	// A disk fills slowly.
	askDiskEvery = 10 * time.Second
)

// Watch asks Redis once a second how full it is, and less often how full its disk is. It is
// safe for concurrent use. A nil Watch is one of a Redis that is never full.
type Watch struct {
	client *redisconn.Client
	logger *slog.Logger
	last   atomic.Pointer[usage]
	counts [len(steps)]atomic.Int64
	tasks  background.Tasks
}

// usage is what Redis has answered.
type usage struct {
	share      float64 // of maxmemory
	file, free float64 // bytes; NaN if they are not known
	diskAsked  time.Time
}

var unknown = usage{file: math.NaN(), free: math.NaN()}

// Start starts a watch of all primaries. It does not block. The caller closes it.
func Start(c *redisconn.Client, logger *slog.Logger) *Watch {
	w := &Watch{client: c, logger: logger}
	w.last.Store(&unknown)
	w.tasks.Every(askEvery, w.ask)
	return w
}

// Close ends the watch.
func (w *Watch) Close() { w.tasks.Close() }

// ask learns how full Redis is. While a primary does not answer, the last known share holds.
func (w *Watch) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	last, before := *w.last.Load(), w.Step()
	if share, err := w.askMemory(ctx); err == nil {
		last.share = share
	}
	if time.Since(last.diskAsked) >= askDiskEvery {
		last.file, last.free = w.askDisk(ctx)
		last.diskAsked = time.Now()
	}
	w.last.Store(&last)
	percent := int(100 * last.share)
	switch now := w.Step(); {
	case now == before:
	case now == Open:
		w.logger.Info("redis has memory again", "percent", percent)
	default:
		w.logger.Warn("redis is nearly full", "percent", percent, "refused", now.String())
	}
}

// askMemory returns the share of the fullest primary.
func (w *Watch) askMemory(ctx context.Context) (fullest float64, err error) {
	primaries, err := w.client.Primaries(ctx)
	if err != nil {
		return 0, err
	}
	for _, primary := range primaries {
		memory, err := redisconn.ReadInfo(ctx, primary, "memory")
		if err != nil {
			return 0, err
		}
		fullest = max(fullest, ShareOf(memory))
	}
	return fullest, nil
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

// askDisk returns how long the append-only files of all primaries are, and how many bytes are
// free on the disk of one that runs on this machine. What is not known is NaN.
func (w *Watch) askDisk(ctx context.Context) (file, free float64) {
	free = math.NaN()
	primaries, err := w.client.Primaries(ctx)
	if err != nil {
		return math.NaN(), free
	}
	for _, primary := range primaries {
		info, _ := redisconn.ReadInfo(ctx, primary, "persistence")
		bytes, err := strconv.ParseFloat(info["aof_current_size"], 64)
		if err != nil {
			return math.NaN(), free
		}
		file += bytes
		if dir := redisconn.DataDir(ctx, primary); dir != "" {
			free = lesser(free, FreeBytes(dir))
		}
	}
	return file, free
}

// lesser returns the lesser of two numbers that may be unknown.
func lesser(a, b float64) float64 {
	if math.IsNaN(a) || b < a {
		return b
	}
	return a
}

// FreeBytes returns how much an ordinary user may still write to the disk of dir, NaN if it is
// not known.
func FreeBytes(dir string) float64 {
	var disk syscall.Statfs_t
	if syscall.Statfs(dir, &disk) != nil {
		return math.NaN()
	}
	return float64(disk.Bavail) * float64(disk.Bsize)
}

func (w *Watch) usage() usage {
	if w == nil {
		return unknown
	}
	return *w.last.Load()
}

// Share returns the part of maxmemory that is used, 0 if it is not known.
func (w *Watch) Share() float64 { return w.usage().share }

// FileBytes returns the length of Redis's append-only files, NaN if it is not known.
func (w *Watch) FileBytes() float64 { return w.usage().file }

// DiskFree returns how many bytes are free on the disk of Redis's files. It is NaN for a Redis
// on another machine.
func (w *Watch) DiskFree() float64 { return w.usage().free }

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
