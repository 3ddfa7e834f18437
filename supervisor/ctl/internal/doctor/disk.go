package doctor

import (
	"context"
	"math"
	"strconv"
	"time"

	"chatter/shared/redisconn"
	"chatter/supervisor/ctl/internal/terminal"
)

var diskCheck = check{"disk", checkDisk, redisAnswers, []kind{
	{"disk-small", Warning, "a rewrite writes the whole file anew, and a full disk ends Redis", "free space, or lower maxmemory"},
	{"disk-soon-full", Danger, "a full disk ends Redis, and again at each start", "free space on the disk of %s"},
}}

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
	node := m.primaries[0]
	dir := redisconn.DataDir(ctx, node)
	if dir == "" {
		r.notExamined("disk of Redis", "it is on another machine, or does not tell its directory")
		return
	}
	free := m.free(dir)
	if math.IsNaN(free) {
		r.notExamined("disk of Redis", "the system does not tell what is free at %s", dir)
		return
	}
	if most, err := strconv.ParseFloat(config(ctx, node, "maxmemory"), 64); err == nil && most > 0 && free < diskParts*most {
		r.find("disk-small", "%s are free beside Redis's files, %d times maxmemory are %s", terminal.Bytes(free), diskParts, terminal.Bytes(diskParts*most))
	}
	r.figure = terminal.Bytes(free) + " free"
	rate := m.growth(ctx)
	const century = 100 * 365 * 24 * 3600
	switch left := time.Duration(min(free/rate, century)) * time.Second; {
	case math.IsNaN(rate):
		r.notExamined("days until the disk is full", "Redis's file is younger than a minute")
	case rate <= 0:
		r.figure += ", the file does not grow"
	case left < 4*rewritesEvery:
		r.find("disk-soon-full", "at the present rate the disk is full in %v, unless a rewrite of Redis's file comes before", left.Round(time.Minute)).fill(dir)
	default:
		r.figure += ", at the present rate " + days(left)
	}
}

// fileGrowth returns how many bytes a second Redis's file has grown by since it was written
// anew, NaN if that is not known.
func (m *Machine) fileGrowth(ctx context.Context) float64 {
	number := func(section, field string) float64 {
		info, _ := redisconn.ReadInfo(ctx, m.primaries[0], section)
		n, err := strconv.ParseFloat(info[field], 64)
		if err != nil {
			return math.NaN()
		}
		return n
	}
	age := number("server", "uptime_in_seconds")
	if rewritten := m.metric("chatter_last_rewrite_seconds"); rewritten < age {
		age = rewritten
	}
	if !(age >= youngFile.Seconds()) {
		return math.NaN()
	}
	return (number("persistence", "aof_current_size") - number("persistence", "aof_base_size")) / age
}
