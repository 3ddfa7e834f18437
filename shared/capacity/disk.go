package capacity

import (
	"context"
	"math"
	"strconv"
	"sync/atomic"
	"syscall"

	"chatter/shared/redisconn"
)

// gauge is a number that is NaN while it is not known.
type gauge struct{ bits atomic.Uint64 }

func (g *gauge) set(value float64) { g.bits.Store(math.Float64bits(value)) }
func (g *gauge) get() float64      { return math.Float64frombits(g.bits.Load()) }

// askDisk reads how long the append-only files of all primaries are, and how much is free on
// the disk of one that runs on this machine.
func (w *Watch) askDisk(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	file, free := math.NaN(), math.NaN()
	defer func() { w.file.set(file); w.free.set(free) }()
	primaries, err := w.client.Primaries(ctx)
	if err != nil {
		return
	}
	var sum float64
	for _, primary := range primaries {
		info, err := redisconn.ReadInfo(ctx, primary, "persistence")
		if err != nil {
			return
		}
		bytes, err := strconv.ParseFloat(info["aof_current_size"], 64)
		if err != nil {
			return
		}
		sum += bytes
		if dir := redisconn.DataDir(ctx, primary); dir != "" {
			free = lesser(free, FreeBytes(dir))
		}
	}
	file = sum
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

// FileBytes returns the length of Redis's append-only files, NaN if it is not known.
func (w *Watch) FileBytes() float64 {
	if w == nil {
		return math.NaN()
	}
	return w.file.get()
}

// DiskFree returns how many bytes are free on the disk of Redis's files. It is NaN for a Redis
// on another machine.
func (w *Watch) DiskFree() float64 {
	if w == nil {
		return math.NaN()
	}
	return w.free.get()
}
