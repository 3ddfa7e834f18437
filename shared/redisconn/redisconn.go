// Package redisconn makes a Redis client out of one address and sends commands
// in batches. It knows how to reach Redis: one server, a Sentinel's primary or
// a Cluster. It must not know what is kept there; that is the business of
// roomlog and recent.
package redisconn

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrUnavailable says that Redis did not do what it was asked, for a reason
// that may pass: it is away, loading, read-only, full, or too slow. Every
// error of a command wraps it, because to a guest they all mean "try again".
var ErrUnavailable = errors.New("redis unavailable")

// Limits of a single exchange with Redis. They are far above a healthy
// Redis's answer (well under a millisecond) and far below a guest's patience.
const (
	dialTimeout = 2 * time.Second
	ioTimeout   = 3 * time.Second
)

// Client is a connection pool to Redis, safe for concurrent use.
type Client struct {
	rdb redis.UniversalClient
}

// Open parses rawURL (see Parse) and makes a client for it. It does not
// connect, so it succeeds while Redis is away.
func Open(rawURL string) (*Client, error) {
	opts, err := Parse(rawURL)
	if err != nil {
		return nil, err
	}
	silence()
	return &Client{rdb: opts.client()}, nil
}

// Wrap makes a Client of a go-redis client that the caller has made, for
// tests that bring their own dialer or hooks. The Client owns rdb afterwards.
func Wrap(rdb redis.UniversalClient) *Client {
	silence()
	return &Client{rdb: rdb}
}

// Universal is the go-redis client inside, for the packages that keep
// something in Redis.
func (c *Client) Universal() redis.UniversalClient { return c.rdb }

// Cluster is the client as a Cluster client, or nil when it is none.
func (c *Client) Cluster() *redis.ClusterClient {
	cluster, _ := c.rdb.(*redis.ClusterClient)
	return cluster
}

// Ready asks Redis for a sign of life. The error wraps ErrUnavailable.
func (c *Client) Ready(ctx context.Context) error {
	return Unavailable("ping", c.rdb.Ping(ctx).Err())
}

// Close closes all connections. Commands under way end with an error.
func (c *Client) Close() error { return c.rdb.Close() }

// Unavailable wraps err, which a command returned, in ErrUnavailable. It
// passes nil and redis.Nil (there is no such value) through as nil.
func Unavailable(doing string, err error) error {
	if err == nil || errors.Is(err, redis.Nil) {
		return nil
	}
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, doing, err)
}

// silence turns off what go-redis prints by itself: it names addresses, and
// each failure comes back as an error anyway, logged once at the edge. The
// logger is go-redis's own global, so it is set before the first client is
// made and never again.
var silence = sync.OnceFunc(func() { redis.SetLogger(silent{}) })

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}
