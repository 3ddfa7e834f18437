package redisconn

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// checkEvery is the time between two attempts at a Redis that does not answer.
	checkEvery = time.Second
	// maxTags bounds the search for hash tags that together lie on all primaries.
	maxTags = 10_000
)

// Check reads the settings of Redis once, when it first answers, and tries each command.
type Check struct {
	stop     context.CancelFunc
	running  sync.WaitGroup
	warnings atomic.Pointer[[]string] // nil until the check is complete
}

// StartCheck starts a check of all nodes. It logs a warning for each setting that endangers a
// guarantee of Chatter, and for the commands that Redis refuses. The keys and channels that
// it tries begin with prefix. It does not block. The caller closes the check.
func (c *Client) StartCheck(prefix string, logger *slog.Logger) *Check {
	ctx, stop := context.WithCancel(context.Background())
	x := &Check{stop: stop}
	x.running.Go(func() {
		tick := time.NewTicker(checkEvery)
		defer tick.Stop()
		warnings, err := c.Inspect(ctx, prefix)
		for err != nil {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			warnings, err = c.Inspect(ctx, prefix)
		}
		lines := make([]string, len(warnings))
		for i, warning := range warnings {
			lines[i] = warning.String()
		}
		x.warnings.Store(&lines)
		for _, line := range slices.Concat(lines, c.MissingReplicas(ctx)) { // later others may be missing
			logger.Warn(line)
		}
	})
	return x
}

// Warnings returns the warnings, each as one line, none until the check is complete.
func (x *Check) Warnings() []string {
	if lines := x.warnings.Load(); lines != nil {
		return *lines
	}
	return nil
}

// Wait blocks until the check is complete, or Close is called.
func (x *Check) Wait() { x.running.Wait() }

// Close ends a check that still waits for Redis.
func (x *Check) Close() {
	x.stop()
	x.Wait()
}

// Inspect checks all nodes once: their settings, and each command with keys and channels that
// begin with prefix. What several nodes have in common is one warning.
func (c *Client) Inspect(ctx context.Context, prefix string) ([]Warning, error) {
	var warnings []Warning
	add := func(node string, more []Warning) {
		for _, warning := range more {
			if warning.Node = node; !slices.Contains(warnings, warning) {
				warnings = append(warnings, warning)
			}
		}
	}
	primaries, err := c.Primaries(ctx)
	if err != nil {
		return nil, err
	}
	tags, err := c.tags(ctx, primaries)
	if err != nil {
		return nil, err
	}
	for i, primary := range primaries {
		refused, err := refusedCommands(ctx, primary, prefix, tags[i], c.Cluster() != nil, c.Confirms())
		if err != nil {
			return nil, err
		}
		add("redis", refused)
		settings, err := settingsWarnings(ctx, primary)
		if err != nil {
			return nil, err
		}
		add("redis", settings)
		replicas, err := Replicas(ctx, primary)
		if Refused(err) {
			continue // among the refused commands
		}
		if err != nil {
			return nil, err
		}
		for _, address := range replicas {
			add("redis replica", replicaWarnings(ctx, primary, address))
		}
	}
	return warnings, nil
}

func replicaWarnings(ctx context.Context, primary *redis.Client, address string) []Warning {
	replica := Dial(primary, address)
	defer replica.Close()
	warnings, err := settingsWarnings(ctx, replica)
	if err != nil {
		return []Warning{{What: "it does not answer", Why: "its settings are not known"}}
	}
	return warnings
}

// tags returns for each primary a hash tag that lies on it.
func (c *Client) tags(ctx context.Context, primaries []*redis.Client) ([]string, error) {
	tags := make([]string, len(primaries))
	if c.Cluster() == nil {
		return tags, nil
	}
	missing := len(primaries)
	for i := 0; missing > 0; i++ {
		if i == maxTags {
			return nil, fmt.Errorf("%w: %d primaries have no slot", ErrUnavailable, missing)
		}
		tag := strconv.Itoa(i)
		node, err := c.Cluster().MasterForKey(ctx, tag)
		if err != nil {
			return nil, Unavailable("find the primary of a slot", err)
		}
		for p, primary := range primaries {
			if primary.Options().Addr == node.Options().Addr && tags[p] == "" {
				tags[p] = tag
				missing--
			}
		}
	}
	return tags, nil
}
