package doctor

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"chatter/shared/redisconn"
)

const (
	// diskParts is how often maxmemory should fit on the disk: the file, its rewrite beside it,
	// and what is appended meanwhile.
	diskParts = 4
	// rewritesEvery is how long Redis's file grows before it is written anew.
	rewritesEvery = 30 * time.Minute
	// youngFile is how old a file must be to tell a rate.
	youngFile = time.Minute
)

// checkDisk compares the free disk with what Redis writes.
func checkDisk(ctx context.Context, m *Machine, r *result) {
	if !m.reachable(ctx, r, "disk") {
		if len(r.unexamined) == 0 {
			r.notExamined("disk", "Redis does not answer")
		}
		return
	}
	primaries, err := m.redis.Primaries(ctx)
	if err != nil {
		r.notExamined("disk", "%v", err)
		return
	}
	node := primaries[0]
	dir := redisconn.DataDir(ctx, node)
	if dir == "" {
		r.notExamined("disk of Redis", "it is on another machine, or does not tell its directory")
		return
	}
	free, err := m.free(dir)
	if err != nil {
		r.notExamined("disk of Redis", "%v", err)
		return
	}
	if most, err := strconv.ParseFloat(node.ConfigGet(ctx, "maxmemory").Val()["maxmemory"], 64); err == nil && most > 0 && free < diskParts*most {
		r.found(diskSmall, fmt.Sprintf("%s are free beside Redis's files, %d times maxmemory are %s", bytesText(free), diskParts, bytesText(diskParts*most)))
	}
	r.figure = bytesText(free) + " free"
	rate, ok := m.growth(ctx, m.redis)
	if !ok {
		r.notExamined("days until the disk is full", "Redis's file is younger than a minute")
		return
	}
	switch left := time.Duration(min(free/rate, 100*365*24*3600)) * time.Second; {
	case rate <= 0:
		r.figure += ", the file does not grow"
	case left < 4*rewritesEvery:
		r.found(diskSoonFull, fmt.Sprintf("at the present rate the disk is full in %v, unless a rewrite of Redis's file comes before", left.Round(time.Minute)), dir)
	default:
		r.figure += ", at the present rate " + days(left)
	}
}

// fileGrowth returns how many bytes a second Redis's file has grown by since it was written
// anew.
func (m *Machine) fileGrowth(ctx context.Context, c *redisconn.Client) (rate float64, ok bool) {
	primaries, err := c.Primaries(ctx)
	if err != nil {
		return 0, false
	}
	number := func(section, field string) float64 {
		info, err := redisconn.ReadInfo(ctx, primaries[0], section)
		if err != nil {
			return math.NaN()
		}
		n, err := strconv.ParseFloat(info[field], 64)
		if err != nil {
			return math.NaN()
		}
		return n
	}
	grown := number("persistence", "aof_current_size") - number("persistence", "aof_base_size")
	return growthRate(grown, number("server", "uptime_in_seconds"), m.metric("chatter_last_rewrite_seconds"))
}

// growthRate divides what a file has grown by through the time since it was written anew. A
// file that was not written anew, for which rewritten is NaN, grows since Redis started.
func growthRate(grown, uptime, rewritten float64) (rate float64, ok bool) {
	age := uptime
	if !math.IsNaN(rewritten) {
		age = min(age, rewritten)
	}
	if math.IsNaN(grown) || !(age >= youngFile.Seconds()) {
		return 0, false
	}
	return grown / age, true
}

func bytesText(n float64) string {
	units := []string{"B", "KB", "MB", "GB", "TB"}
	i := 0
	for n >= 1000 && i < len(units)-1 {
		n /= 1000
		i++
	}
	return fmt.Sprintf("%.3g %s", n, units[i])
}
