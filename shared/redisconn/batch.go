package redisconn

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// Batch collects commands of several packages and sends them in one round trip (on a
// Cluster: one per node). It is not a transaction. A Batch belongs to one goroutine and
// runs once.
type Batch struct {
	pipe  redis.Pipeliner
	after []func() error
}

// Batch returns an empty batch.
func (c *Client) Batch() *Batch { return &Batch{pipe: c.rdb.Pipeline()} }

// Pipe returns the pipeline that collects the commands.
func (b *Batch) Pipe() redis.Pipeliner { return b.pipe }

// Then makes Run call f after the round trip, when the commands hold their replies. An
// error of f is an error of Run.
func (b *Batch) Then(f func() error) { b.after = append(b.after, f) }

// Run sends the commands and blocks until it has all replies. It returns the first error,
// which wraps ErrUnavailable; the results must not be used then. An empty batch sends
// nothing.
func (b *Batch) Run(ctx context.Context) error {
	if b.pipe.Len() > 0 {
		if _, err := b.pipe.Exec(ctx); err != nil {
			if err := Unavailable("run batch", err); err != nil {
				return err
			}
		}
	}
	for _, f := range b.after {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}
