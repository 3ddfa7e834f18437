package redisconn

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// How often a Redis that does not answer is asked again.
const inspectEvery = time.Second

// Inspection is one look at how Redis is set up, taken when it first answers.
type Inspection struct {
	stop     context.CancelFunc
	running  sync.WaitGroup
	mu       sync.Mutex
	findings []string
}

// Inspect looks at Redis as soon as it answers, once, and logs a warning for
// each setting that endangers what Chatter promises. It does not block. Close
// ends it.
func (c *Client) Inspect(logger *slog.Logger) *Inspection {
	ctx, stop := context.WithCancel(context.Background())
	x := &Inspection{stop: stop}
	x.running.Go(func() {
		tick := time.NewTicker(inspectEvery)
		defer tick.Stop()
		for c.Ready(ctx) != nil {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
		findings := c.findings(ctx)
		for _, finding := range findings {
			logger.Warn("redis: " + finding)
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		x.findings = findings
	})
	return x
}

// Findings are the warnings, empty until Redis has answered.
func (x *Inspection) Findings() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.findings)
}

// Wait blocks until Redis has been looked at, or Close is called.
func (x *Inspection) Wait() { x.running.Wait() }

// Close ends an inspection that still waits for Redis.
func (x *Inspection) Close() {
	x.stop()
	x.running.Wait()
}

// findings reads the settings. One request each: Redis 6 takes no more.
func (c *Client) findings(ctx context.Context) []string {
	names := []string{"appendonly", "appendfsync", "maxmemory-policy", "protected-mode", "requirepass", "bind", "port"}
	pipe := c.rdb.Pipeline()
	cmds := make([]*redis.MapStringStringCmd, len(names))
	for i, name := range names {
		cmds[i] = pipe.ConfigGet(ctx, name)
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	settings := make(map[string]string)
	for i, cmd := range cmds {
		values, err := cmd.Result()
		if err != nil {
			return []string{"its settings cannot be read (CONFIG GET is refused): whether it keeps what it acknowledges is not known"}
		}
		settings[names[i]] = values[names[i]]
	}
	return judge(settings)
}

// judge says what the settings endanger.
func judge(settings map[string]string) (findings []string) {
	switch policy := settings["appendfsync"]; {
	case settings["appendonly"] != "yes":
		findings = append(findings, "appendonly is off: messages that were acknowledged are lost when it is killed; set appendonly yes")
	case policy != "always":
		// While a sync of the second before is under way, Redis answers first and writes later.
		findings = append(findings, fmt.Sprintf("appendfsync is %s: messages that were acknowledged can be lost when it is killed while the disk is busy, or when power fails; set appendfsync always", policy))
	}
	if policy := settings["maxmemory-policy"]; policy != "noeviction" {
		findings = append(findings, fmt.Sprintf("maxmemory-policy is %s: under memory pressure it drops rooms in use; set noeviction", policy))
	}
	if settings["port"] != "0" && settings["protected-mode"] == "no" && settings["requirepass"] == "" && public(settings["bind"]) {
		findings = append(findings, "it listens on a public address without a password and with protected-mode off: anybody can read and write everything; set requirepass or bind")
	}
	return findings
}

// public reports whether a bind setting names more than loopback addresses.
// An address that begins with "-" may be missing; none at all is every one.
func public(bind string) bool {
	addresses := strings.Fields(bind)
	if len(addresses) == 0 {
		return true
	}
	return slices.ContainsFunc(addresses, func(address string) bool {
		ip := net.ParseIP(strings.TrimPrefix(address, "-"))
		return ip == nil || !ip.IsLoopback()
	})
}
