// Package redisconn makes a Redis client from one address, sends commands in batches and
// checks the settings of Redis. It knows how to reach Redis: one server, a Sentinel's
// primary or a Cluster. It must not know the data in it; roomlog and recent do.
package redisconn

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Limits of one exchange with Redis. A healthy Redis answers in less than a millisecond.
const (
	dialTimeout = 2 * time.Second
	ioTimeout   = 3 * time.Second
)

// Client is a connection pool to Redis, safe for concurrent use.
type Client struct {
	rdb      redis.UniversalClient
	replicas int // of AckReplicas; 0 for none
}

// MaxLifetime is how long a connection is used unless OpenFor says otherwise.
const MaxLifetime = 30 * time.Minute

// Open is OpenFor with MaxLifetime.
func Open(rawURL string) (*Client, error) { return OpenFor(rawURL, MaxLifetime) }

// OpenFor parses rawURL (see Parse) and makes a client for it. It does not connect, so it
// succeeds while Redis is away.
//
// A connection is replaced when a command needs one and it is older than lifetime: the
// buffers of a connection hold what went through it, messages among it, until they are
// written over. The pool has a fixed size and hands connections out in turn, so that none
// is left aside.
func OpenFor(rawURL string, lifetime time.Duration) (*Client, error) {
	opts, err := Parse(rawURL)
	if err != nil {
		return nil, err
	}
	silence()
	return &Client{rdb: opts.client(lifetime)}, nil
}

// Wrap makes a Client from a go-redis client, for tests that have their own dialer or
// hooks. The Client owns rdb afterwards.
func Wrap(rdb redis.UniversalClient) *Client {
	silence()
	return &Client{rdb: rdb}
}

// Universal returns the go-redis client, for the packages that keep data in Redis.
func (c *Client) Universal() redis.UniversalClient { return c.rdb }

// Cluster returns the go-redis client of a Cluster, or nil if Redis is not a Cluster.
func (c *Client) Cluster() *redis.ClusterClient {
	cluster, _ := c.rdb.(*redis.ClusterClient)
	return cluster
}

// Ready reports whether Redis answers. The error wraps ErrUnavailable.
func (c *Client) Ready(ctx context.Context) error {
	return Unavailable("ping", c.rdb.Ping(ctx).Err())
}

// Close closes all connections. Commands under way end with an error.
func (c *Client) Close() error { return c.rdb.Close() }

// silence turns off the log of go-redis. Its lines contain addresses, and each failure is
// also returned as an error. The logger is a global variable of go-redis, so it is set
// once, before the first client is made.
var silence = sync.OnceFunc(func() { redis.SetLogger(silent{}) })

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}
