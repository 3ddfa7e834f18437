package redisconn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrUnconfirmed says that Redis has executed a script, and that too few replicas have told
// within confirmTimeout that they have it.
var ErrUnconfirmed = errors.New("too few replicas have it")

// confirmTimeout is how long replicas have to tell that they have a script's writes. A healthy
// replica needs about a millisecond. One try at a pipeline may wait twice, because Redis may
// have forgotten the script.
const confirmTimeout = 750 * time.Millisecond

// AckReplicas makes a script in a pipeline whose context is Confirmed fail with ErrUnconfirmed
// until n replicas have what it wrote. It must be called before the first command. Without it
// nothing waits for replicas.
//
// Replicas confirm what one connection wrote, so the pipeline of each connection ends with a
// WAIT. go-redis would send a WAIT in a Cluster's pipeline to any node; a hook of each node adds
// it behind the commands that go to this node, also after a redirection.
func (c *Client) AckReplicas(n int) {
	if n == 0 {
		return
	}
	c.replicas = n
	if cluster := c.Cluster(); cluster != nil {
		cluster.OnNewNode(func(node *redis.Client) { node.AddHook(confirmation{n}) })
		return
	}
	c.rdb.AddHook(confirmation{n})
}

// Confirms reports whether scripts can be confirmed by replicas.
func (c *Client) Confirms() bool { return c.replicas > 0 }

type confirmedKey struct{}

// Confirmed returns a context for pipelines whose scripts wait for replicas, see AckReplicas.
func (c *Client) Confirmed(ctx context.Context) context.Context {
	if c.replicas == 0 {
		return ctx
	}
	return context.WithValue(ctx, confirmedKey{}, true)
}

// confirmation is a hook of the client of one node.
type confirmation struct{ replicas int }

func (confirmation) DialHook(next redis.DialHook) redis.DialHook          { return next }
func (confirmation) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (h confirmation) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if ctx.Value(confirmedKey{}) == nil || !slices.ContainsFunc(cmds, isScript) {
			return next(ctx, cmds)
		}
		wait := redis.NewIntCmd(ctx, "wait", h.replicas, confirmTimeout.Milliseconds())
		// A pipeline that a Cluster sends again may hold the WAIT of the try before.
		err := next(ctx, append(slices.DeleteFunc(slices.Clone(cmds), isWait), wait))
		if wait.Err() == nil && wait.Val() >= int64(h.replicas) {
			return err
		}
		for _, cmd := range cmds {
			if isScript(cmd) && cmd.Err() == nil {
				cmd.SetErr(ErrUnconfirmed)
			}
		}
		return err
	}
}

func isScript(cmd redis.Cmder) bool { return strings.HasPrefix(cmd.Name(), "eval") }
func isWait(cmd redis.Cmder) bool   { return cmd.Name() == "wait" }

// MissingReplicas returns a warning if a primary has fewer replicas than AckReplicas asks for.
// It returns none while Redis does not answer.
func (c *Client) MissingReplicas(ctx context.Context) (warnings []string) {
	if c.replicas == 0 {
		return nil
	}
	primaries, _ := c.Primaries(ctx) // Ready tells the error
	for _, primary := range primaries {
		info, err := ReadInfo(ctx, primary, "replication")
		if err != nil {
			continue
		}
		online := 0
		for name, value := range info {
			if strings.HasPrefix(name, "slave") && strings.Contains(value, "state=online") {
				online++
			}
		}
		warning := fmt.Sprintf("redis: a primary has %d replicas and --ack-replicas is %d: its messages are not acknowledged", online, c.replicas)
		if online < c.replicas && !slices.Contains(warnings, warning) {
			warnings = append(warnings, warning)
		}
	}
	return warnings
}
