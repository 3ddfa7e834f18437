package doctor

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"chatter/shared/capacity"
	"chatter/shared/redisconn"
)

const (
	fewClients = 1000 // ten connections of each process, and those of a reload beside them
	clockWarn  = time.Second
	fullShare  = 0.8 // from which on new names are refused
)

// reachable reports whether Redis answers. It notes what cannot be examined if there is none to ask.
func (m *Machine) reachable(ctx context.Context, r *result, what string) bool {
	switch {
	case m.setting("", "redis-embedded") == "true":
		r.notExamined(what, "Redis is the one inside make run")
	case m.redis == nil:
		r.notExamined(what, "the address of Redis is not known")
	default:
		return m.redis.Ready(ctx) == nil
	}
	return false
}

// checkRedis looks at the settings, the commands, the memory and the file of Redis.
func checkRedis(ctx context.Context, m *Machine, r *result) {
	if !m.reachable(ctx, r, "Redis") {
		if len(r.unexamined) == 0 {
			r.found(redisAway, "Redis does not answer")
		}
		return
	}
	warnings, err := m.redis.Inspect(ctx, cmp.Or(m.setting("", "prefix"), "chatter:"))
	if err != nil {
		r.notExamined("settings of Redis", "%v", err)
	}
	for _, w := range warnings {
		r.found(redisSetting, w.Node+": "+w.What, cmp.Or(w.Fix, "allow CONFIG GET and INFO"))
		if w.Why != "" {
			r.findings[len(r.findings)-1].Why = w.Why
		}
	}
	primaries, err := m.redis.Primaries(ctx)
	if err != nil {
		r.notExamined("memory of Redis", "%v", err)
		return
	}
	for _, node := range primaries {
		memory, err := redisconn.ReadInfo(ctx, node, "memory")
		file, errFile := redisconn.ReadInfo(ctx, node, "persistence")
		if err != nil || errFile != nil {
			r.notExamined("memory and file of Redis", "it does not answer INFO")
			continue
		}
		m.share = max(m.share, capacity.ShareOf(memory))
		for _, field := range []string{"aof_last_write_status", "aof_last_bgrewrite_status"} {
			if status := file[field]; status != "ok" && status != "" {
				r.found(redisWriteFails, field+" of Redis is "+status)
			}
		}
		if most, err := strconv.Atoi(node.ConfigGet(ctx, "maxclients").Val()["maxclients"]); err == nil && most < fewClients {
			r.found(redisClients, fmt.Sprintf("Redis takes %d connections", most))
		}
		if dir := redisconn.DataDir(ctx, node); dir != "" {
			info, _ := redisconn.ReadInfo(ctx, node, "server")
			m.checkServer(r, node.Options().Network, node.Options().Addr, info["process_id"])
			files := filepath.Join(dir, cmp.Or(node.ConfigGet(ctx, "appenddirname").Val()["appenddirname"], "appendonlydir"))
			m.checkFiles(r, dir, files)
		}
	}
	if m.share >= fullShare {
		r.found(redisFull, fmt.Sprintf("%.0f %% of Redis's memory is used", 100*m.share))
	}
	r.figure = fmt.Sprintf("%.0f %% of its memory", 100*m.share)
	if age := m.metric("chatter_last_rewrite_seconds"); !math.IsNaN(age) {
		r.figure += fmt.Sprintf(", last rewrite %v ago", (time.Duration(age) * time.Second).Round(time.Second))
	}
}

// checkServer looks at the process and the socket of a Redis on this machine.
func (m *Machine) checkServer(r *result, network, address, process string) {
	if network == "unix" {
		if info, err := os.Stat(address); err == nil && info.Mode().Perm()&0o007 != 0 {
			r.found(redisSocketOpen, fmt.Sprintf("%s has mode %#o", address, info.Mode().Perm()), address)
		}
	}
	pid, err := strconv.Atoi(process)
	if err != nil {
		r.notExamined("core dumps of Redis", "it does not tell its process")
		return
	}
	switch size, ok := m.limitOf(pid, "Max core file size"); {
	case !ok:
		r.notExamined("core dumps of Redis", "the limits of its process cannot be read")
	case size > 0:
		r.found(redisCore, "Redis may write its memory to the disk when it crashes")
	}
}

// checkFiles looks who may read the directory of Redis's files: another user needs to pass each
// of the directories.
func (m *Machine) checkFiles(r *result, dirs ...string) {
	for _, dir := range dirs {
		info, err := os.Stat(m.path(dir))
		if err != nil {
			return
		}
		if info.Mode().Perm()&0o001 == 0 {
			return
		}
	}
	entries, _ := os.ReadDir(m.path(dirs[len(dirs)-1]))
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().Perm()&0o004 != 0 {
			r.found(redisFilesOpen, "every user may read "+filepath.Join(dirs[len(dirs)-1], e.Name()), dirs[0])
			return
		}
	}
}

// metric returns a metric of the first process that tells it, NaN for none.
func (m *Machine) metric(name string) float64 {
	for _, p := range m.processes {
		if value, ok := p.metrics[name]; ok && !math.IsNaN(value) {
			return value
		}
	}
	return math.NaN()
}

// checkClock compares the clock of this machine with that of Redis.
func checkClock(ctx context.Context, m *Machine, r *result) {
	if !m.reachable(ctx, r, "clock of Redis") {
		if len(r.unexamined) == 0 {
			r.notExamined("clock of Redis", "Redis does not answer")
		}
		return
	}
	primaries, err := m.redis.Primaries(ctx)
	if err != nil {
		r.notExamined("clock of Redis", "%v", err)
		return
	}
	worst := time.Duration(0)
	for _, node := range primaries {
		before := m.now()
		told, err := node.Time(ctx).Result()
		if err != nil {
			r.notExamined("clock of Redis", "it does not tell its time")
			return
		}
		// The answer was made at some time in between.
		after := m.now()
		off := max(before.Sub(told), told.Sub(after), 0)
		worst = max(worst, off)
	}
	if worst > clockWarn {
		r.found(clockOff, fmt.Sprintf("the clocks of this machine and of Redis differ by %v", worst.Round(time.Millisecond)))
	}
	r.figure = fmt.Sprintf("within %v", worst.Round(time.Millisecond))
}
