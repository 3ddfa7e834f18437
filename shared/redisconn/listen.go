package redisconn

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// silentFor is how long a subscription may be silent before it is tried. If it is silent for
	// as long again, it is made anew.
	silentFor = 5 * time.Second
	// subscribeRetry is the time between two attempts to subscribe.
	subscribeRetry = 100 * time.Millisecond
)

// Listen subscribes to a channel until ctx ends, and again after each failure. It calls
// subscribed when a subscription begins, because messages before it may be lost, and received
// with the text of each message. Both must not block for long. sharded is for a channel that
// is used with SPUBLISH on a Cluster.
func (c *Client) Listen(ctx context.Context, channel string, sharded bool, subscribed func(), received func(text string)) {
	subscribe := c.rdb.Subscribe
	if sharded && c.Cluster() != nil {
		subscribe = c.rdb.SSubscribe
	}
	for ctx.Err() == nil {
		receive(ctx, subscribe(ctx, channel), subscribed, received)
		select {
		case <-ctx.Done():
		case <-time.After(subscribeRetry):
		}
	}
}

// receive receives until the connection fails.
func receive(ctx context.Context, pubsub *redis.PubSub, subscribed func(), received func(text string)) {
	defer pubsub.Close()
	defer context.AfterFunc(ctx, func() { pubsub.Close() })() // ends ReceiveTimeout
	for tried := false; ; {
		got, err := pubsub.ReceiveTimeout(ctx, silentFor)
		if errors.Is(err, os.ErrDeadlineExceeded) && !tried && pubsub.Ping(ctx) == nil {
			tried = true
			continue
		}
		if err != nil {
			return
		}
		tried = false
		switch got := got.(type) {
		case *redis.Message:
			received(got.Payload)
		case *redis.Subscription:
			if got.Kind == "sunsubscribe" { // the channel's slot has moved
				return
			}
			subscribed()
		}
	}
}
