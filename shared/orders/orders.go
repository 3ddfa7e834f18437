// Package orders carries orders from one process to all of them. Every process obeys an order
// within a second, and a process that starts later obeys it from its start.
//
// An order is written twice. A key of its kind holds what is in force: for ended sessions the
// sorted set PREFIXended, for hidden names PREFIXhidden (each is a register), for removed messages
// the log and the removals of their room. The stream PREFIXorders announces it: an entry has the kind as its
// field, and the value in a form of the kind. A [Follower] reads what is in force, then
// follows the stream:
//
//	           all handlers have loaded
//	loading ─────────────────────────────► following
//	   ▲                                       │
//	   └───────────────────────────────────────┘
//	    the last order read has left the stream, or a minute has passed
//
// So the stream may be short, and Redis may lose it: an order is late by a minute then.
//
// Redis has a hash of a session under the secret, written when the session ends and
// never beside a name or a message. Redis's clock tells when it was written, to the
// millisecond in the stream, which expires an hour after its last order. The end of the
// cookie is rounded up to a day, so that it does not tell when the guest signed in. So a
// reader of the disk learns when somebody signed out, but not who. With the secret and a
// guest's cookie it can be learned when this guest signed out.
//
// A hidden name is a hash under the secret, too, with its list and the end of the day for which
// it is hidden. With the secret, a name can be tested against it.
//
// A removal names the room, because the processes must find it, and the IDs, whose texts are
// gone, never an author. The key of the room's removals has the same and is kept longer. So a
// reader of the disk learns in which rooms the operator removed messages, and when.
package orders

import (
	"context"
	"time"

	"chatter/shared/redisconn"

	"github.com/redis/go-redis/v9"
)

const (
	// maxOrders is about how many orders the stream keeps: far more than a poll interval
	// sees. A process that missed one reads what is in force.
	maxOrders = 1000
	// streamExpiry is when a stream without new orders is removed.
	streamExpiry = time.Hour
)

func streamKey(prefix string) string { return prefix + "orders" }

// announce adds an order to the stream. What it puts in force must have been stored before.
func announce(ctx context.Context, client *redisconn.Client, prefix, kind, value string) error {
	pipe := client.Universal().Pipeline()
	pipe.XAdd(ctx, &redis.XAddArgs{
		Stream: streamKey(prefix), MaxLen: maxOrders, Approx: true, Values: []string{kind, value},
	})
	pipe.PExpire(ctx, streamKey(prefix), streamExpiry)
	_, err := pipe.Exec(ctx)
	return redisconn.Unavailable("announce order", err)
}
