package redisconn

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// Batch gathers commands of several packages and sends them in one round
// trip (on a Cluster: one per node). It is not a transaction. A Batch belongs
// to one goroutine and is run once.
type Batch struct {
	pipe  redis.Pipeliner
	after []func() error
}

// Batch begins an empty batch.
func (c *Client) Batch() *Batch { return &Batch{pipe: c.rdb.Pipeline()} }

// Pipe takes commands, for the packages that keep something in Redis.
func (b *Batch) Pipe() redis.Pipeliner { return b.pipe }

// Then has f run after the round trip, when the replies stand in their
// commands. An error of f is an error of Run.
func (b *Batch) Then(f func() error) { b.after = append(b.after, f) }

// Run sends the commands and blocks until all replies are here. It returns
// the first error, which wraps ErrUnavailable; results are then not to be
// used. An empty batch does nothing.
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
