package redisconn

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Warning is a finding about one node of Redis: something that endangers a guarantee of Chatter.
type Warning struct {
	Node string // "redis", or "redis replica"
	What string // is wrong
	Why  string // that matters; "" if What tells it
	Fix  string // what to do; "" if nothing is known
}

// String returns the warning as one line.
func (w Warning) String() string {
	line := w.Node + ": " + w.What
	if w.Why != "" {
		line += ": " + w.Why
	}
	if w.Fix != "" {
		line += "; " + w.Fix
	}
	return line
}

// setting is one that the file supervisor/redis.conf sets.
type setting struct {
	name, want string
	danger     string // what happens with another value
}

// wanted are the settings that must be as they stand here.
var wanted = []setting{
	{"appendonly", "yes", "messages that were acknowledged are lost when it is killed"},
	// With everysec, Redis answers before it writes while the last sync is under way.
	{"appendfsync", "always", "messages that were acknowledged can be lost when it is killed while the disk is busy, or when power fails"},
	{"save", "", "dump.rdb keeps messages that are expired"},
	{"maxmemory-policy", "noeviction", "under memory pressure it drops rooms in use"},
	{"slowlog-log-slower-than", "-1", "the slow log keeps messages and the names of rooms"},
	{"crash-log-enabled", "no", "after a crash its log holds messages and the names of rooms"},
	{"repl-diskless-sync", "yes", "a primary writes dump.rdb for a new replica"},
	{"repl-diskless-load", "swapdb", "a replica keeps dump.rdb with messages that are expired"},
}

// others are settings that are judged together.
var others = []string{"maxmemory", "protected-mode", "requirepass", "bind", "port"}

// mostMemory is the part of the machine's memory that the data may take, in percent. A
// rewrite of the append-only file may need as much again.
const mostMemory = 40

// settingsWarnings reads the settings of one node. A reply that may be another one later
// is an error.
func settingsWarnings(ctx context.Context, node *redis.Client) ([]Warning, error) {
	names := slices.Clone(others)
	for _, s := range wanted {
		names = append(names, s.name)
	}
	settings := make(map[string]string)
	for _, name := range names { // Redis 6 answers one setting per request
		values, err := node.ConfigGet(ctx, name).Result()
		if Refused(err) {
			return []Warning{{What: "its settings cannot be read (CONFIG GET is refused)", Why: "nobody knows whether it keeps acknowledged messages, or keeps them too long"}}, nil
		}
		if err != nil {
			return nil, Unavailable("read settings", err)
		}
		if value, ok := values[name]; ok {
			settings[name] = value
		}
	}
	warnings := judge(settings)
	memory, err := ReadInfo(ctx, node, "memory")
	if err != nil && !Refused(err) {
		return nil, err
	}
	return append(warnings, judgeMemory(settings["maxmemory"], memory["total_system_memory"])...), nil
}

// judge returns a warning for each setting that is missing or differs.
func judge(settings map[string]string) (warnings []Warning) {
	for _, s := range wanted {
		switch value, ok := settings[s.name]; {
		case !ok:
			warnings = append(warnings, Warning{What: s.name + " is missing, this Redis is too old for it", Why: s.danger})
		case value != s.want:
			warnings = append(warnings, Warning{What: fmt.Sprintf("%s is %q", s.name, value), Why: s.danger, Fix: "set " + s.name + " " + quoted(s.want)})
		}
	}
	if settings["port"] != "0" && settings["protected-mode"] == "no" && settings["requirepass"] == "" && public(settings["bind"]) {
		warnings = append(warnings, Warning{What: "it listens on a public address without a password and with protected-mode off", Why: "anybody can read and write everything", Fix: "set requirepass or bind"})
	}
	return warnings
}

// judgeMemory returns a warning if the data may grow until the kernel kills Redis.
func judgeMemory(maxmemory, machine string) []Warning {
	most, errMost := strconv.ParseFloat(maxmemory, 64)
	all, errAll := strconv.ParseFloat(machine, 64)
	switch {
	case errMost != nil || most == 0:
		return []Warning{{What: "maxmemory is not set", Why: "it grows until the kernel kills it", Fix: "set maxmemory to at most 40 % of the machine's memory"}}
	case errAll == nil && most > all*mostMemory/100:
		return []Warning{{What: fmt.Sprintf("maxmemory is %.0f %% of the machine's memory", 100*most/all), Why: "a rewrite of its file may need as much again", Fix: fmt.Sprintf("set maxmemory to at most %d %%", mostMemory)}}
	}
	return nil
}

func quoted(value string) string {
	if value == "" {
		return `""`
	}
	return value
}

// public reports whether a bind setting names more than loopback addresses. An address
// that begins with "-" may be missing. An empty setting means every address.
func public(bind string) bool {
	addresses := strings.Fields(bind)
	return len(addresses) == 0 || slices.ContainsFunc(addresses, func(address string) bool {
		ip := net.ParseIP(strings.TrimPrefix(address, "-"))
		return ip == nil || !ip.IsLoopback()
	})
}
