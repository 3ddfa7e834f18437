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

var redisCheck = check{"Redis", checkRedis, redisAddress, []kind{
	{"redis-away", Danger, "without Redis nothing can be said or read", "supervisorctl start chatter-redis, or systemctl start redis-server"},
	{"redis-setting", Danger, "this setting endangers what was said", "%s"},
	{"redis-files-open", Danger, "others on this machine may read what was said", "chmod 700 %s"},
	{"redis-socket-open", Danger, "every program on this machine may read and write what is said", "set unixsocketperm 770 in Redis's configuration; chmod 770 %s"},
	{"redis-core-dumps", Warning, "a crash would put messages on the disk", "set LimitCORE=0 with systemctl edit redis-server, then systemctl restart redis-server"},
	{"redis-full", Warning, "from 80 % on new names, then new rooms, then long texts are refused", "raise maxmemory, or shorten --retention"},
	{"redis-write-fails", Danger, "Redis cannot write its file: messages are refused or kept too long", "look into the log of Redis; free disk and memory"},
	{"redis-clients", Warning, "processes that find no connection answer with an error", "set maxclients 10000 in Redis's configuration"},
}}

const (
	fewClients = 1000 // ten connections of each process, and those of a reload beside them
	fullShare  = 0.8  // of the memory, from which on new names are refused
)

// checkRedis looks at the settings, the commands, the memory and the file of Redis.
func checkRedis(ctx context.Context, m *Machine, r *result) {
	if len(m.primaries) == 0 {
		r.find("redis-away", "Redis does not answer")
		return
	}
	warnings, err := m.redis.Inspect(ctx, cmp.Or(m.setting("prefix"), "chatter:"))
	if err != nil {
		r.notExamined("settings of Redis", "%v", err)
	}
	for _, w := range warnings {
		f := r.find("redis-setting", "%s: %s", w.Node, w.What)
		f.fill(cmp.Or(w.Fix, "allow CONFIG GET and INFO"))
		f.Why = cmp.Or(w.Why, f.Why)
	}
	for _, node := range m.primaries {
		m.checkNode(ctx, r, node)
	}
	if m.share >= fullShare {
		r.find("redis-full", "%.0f %% of Redis's memory is used", 100*m.share)
	}
	r.figure = fmt.Sprintf("%.0f %% of its memory", 100*m.share)
	if age := m.metric("chatter_last_rewrite_seconds"); !math.IsNaN(age) {
		r.figure += fmt.Sprintf(", last rewrite %v ago", (time.Duration(age) * time.Second).Round(time.Second))
	}
}

func (m *Machine) checkNode(ctx context.Context, r *result, node *redisconn.Node) {
	memory, err := redisconn.ReadInfo(ctx, node, "memory")
	file, errFile := redisconn.ReadInfo(ctx, node, "persistence")
	if err != nil || errFile != nil {
		r.notExamined("memory and file of Redis", "it does not answer INFO")
		return
	}
	m.share = max(m.share, capacity.ShareOf(memory))
	for _, field := range []string{"aof_last_write_status", "aof_last_bgrewrite_status"} {
		if status := file[field]; status != "ok" && status != "" {
			r.find("redis-write-fails", "%s of Redis is %s", field, status)
		}
	}
	if most, err := strconv.Atoi(config(ctx, node, "maxclients")); err == nil && most < fewClients {
		r.find("redis-clients", "Redis takes %d connections", most)
	}
	dir := redisconn.DataDir(ctx, node)
	if dir == "" { // on another machine
		return
	}
	m.checkServer(ctx, r, node)
	m.checkFiles(r, dir, filepath.Join(dir, cmp.Or(config(ctx, node, "appenddirname"), "appendonlydir")))
}

// config returns a setting of Redis, "" if Redis does not tell it.
func config(ctx context.Context, node *redisconn.Node, name string) string {
	return node.ConfigGet(ctx, name).Val()[name]
}

// checkServer looks at the process and the socket of a Redis on this machine.
func (m *Machine) checkServer(ctx context.Context, r *result, node *redisconn.Node) {
	if socket := node.Options().Addr; node.Options().Network == "unix" {
		if info, err := os.Stat(socket); err == nil && info.Mode().Perm()&0o007 != 0 {
			r.find("redis-socket-open", "%s has mode %#o", socket, info.Mode().Perm()).fill(socket)
		}
	}
	info, _ := redisconn.ReadInfo(ctx, node, "server")
	pid, err := strconv.Atoi(info["process_id"])
	if err != nil {
		r.notExamined("core dumps of Redis", "it does not tell its process")
		return
	}
	if size, ok := m.limit(pid, "Max core file size"); !ok {
		r.notExamined("core dumps of Redis", "the limits of its process cannot be read")
	} else if size > 0 {
		r.find("redis-core-dumps", "Redis may write its memory to the disk when it crashes")
	}
}

// checkFiles looks at who may read the files of Redis: another user must be able to pass both
// directories.
func (m *Machine) checkFiles(r *result, dir, files string) {
	for _, dir := range []string{dir, files} {
		if info, err := os.Stat(m.path(dir)); err != nil || info.Mode().Perm()&0o001 == 0 {
			return
		}
	}
	entries, _ := os.ReadDir(m.path(files))
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().Perm()&0o004 != 0 {
			r.find("redis-files-open", "every user may read %s", filepath.Join(files, e.Name())).fill(dir)
			return
		}
	}
}

var clockCheck = check{"clock of Redis", checkClock, redisAnswers, []kind{
	{"clock-off", Warning, "ages, presence and the dates of cookies go by both clocks", "timedatectl set-ntp true"},
}}

// maxClockOffset is how far the clocks may differ.
const maxClockOffset = time.Second

// checkClock compares the clock of this machine with that of Redis.
func checkClock(ctx context.Context, m *Machine, r *result) {
	worst := time.Duration(0)
	for _, node := range m.primaries {
		before := m.now()
		told, err := node.Time(ctx).Result()
		if err != nil {
			r.notExamined("clock of Redis", "it does not tell its time")
			return
		}
		// The answer was made at some time in between.
		worst = max(worst, before.Sub(told), told.Sub(m.now()))
	}
	worst = worst.Round(time.Millisecond)
	if worst > maxClockOffset {
		r.find("clock-off", "the clocks of this machine and of Redis differ by %v", worst)
	}
	r.figure = fmt.Sprintf("within %v", worst)
}
