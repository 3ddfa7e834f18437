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
)

// checkEvery is the time between two attempts to reach a Redis that does not answer.
const checkEvery = time.Second

// SettingsCheck reads the settings of Redis once, when it first answers.
type SettingsCheck struct {
	stop     context.CancelFunc
	running  sync.WaitGroup
	mu       sync.Mutex
	warnings []string
}

// CheckSettings starts a check, which logs a warning for each setting that endangers a
// guarantee of Chatter. It does not block. The caller closes the check.
func (c *Client) CheckSettings(logger *slog.Logger) *SettingsCheck {
	ctx, stop := context.WithCancel(context.Background())
	x := &SettingsCheck{stop: stop}
	x.running.Go(func() {
		tick := time.NewTicker(checkEvery)
		defer tick.Stop()
		for c.Ready(ctx) != nil {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
		warnings := c.settingsWarnings(ctx)
		for _, warning := range warnings {
			logger.Warn("redis: " + warning)
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		x.warnings = warnings
	})
	return x
}

// Warnings returns the warnings, none until Redis has answered.
func (x *SettingsCheck) Warnings() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.warnings)
}

// Wait blocks until the settings have been read, or Close is called.
func (x *SettingsCheck) Wait() { x.running.Wait() }

// Close ends a check that still waits for Redis.
func (x *SettingsCheck) Close() {
	x.stop()
	x.Wait()
}

// settingsWarnings reads the settings. Redis 6 answers one setting per request.
func (c *Client) settingsWarnings(ctx context.Context) []string {
	settings := make(map[string]string)
	for _, name := range []string{"appendonly", "appendfsync", "maxmemory-policy", "protected-mode", "requirepass", "bind", "port"} {
		values, err := c.rdb.ConfigGet(ctx, name).Result()
		if err != nil {
			return []string{"its settings cannot be read (CONFIG GET is refused): whether it keeps acknowledged messages is not known"}
		}
		settings[name] = values[name]
	}
	return judge(settings)
}

// judge returns a warning for each dangerous setting.
func judge(settings map[string]string) (warnings []string) {
	switch policy := settings["appendfsync"]; {
	case settings["appendonly"] != "yes":
		warnings = append(warnings, "appendonly is off: messages that were acknowledged are lost when it is killed; set appendonly yes")
	case policy != "always":
		// With everysec, Redis answers before it writes while the last sync is under way.
		warnings = append(warnings, fmt.Sprintf("appendfsync is %s: messages that were acknowledged can be lost when it is killed while the disk is busy, or when power fails; set appendfsync always", policy))
	}
	if policy := settings["maxmemory-policy"]; policy != "noeviction" {
		warnings = append(warnings, fmt.Sprintf("maxmemory-policy is %s: under memory pressure it drops rooms in use; set noeviction", policy))
	}
	if settings["port"] != "0" && settings["protected-mode"] == "no" && settings["requirepass"] == "" && public(settings["bind"]) {
		warnings = append(warnings, "it listens on a public address without a password and with protected-mode off: anybody can read and write everything; set requirepass or bind")
	}
	return warnings
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
