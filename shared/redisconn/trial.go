package redisconn

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// trialTTL ends the keys of a trial that could not be deleted.
const trialTTL = "60000"

// refusedCommands tries every command that Chatter uses once on one primary, and returns a
// warning that names those that Redis refuses. All keys and channels have the tag, which
// lies on this primary. A reply that may be another one later is an error.
func refusedCommands(ctx context.Context, node *redis.Client, prefix, tag string, sharded, confirmed bool) ([]Warning, error) {
	base := prefix + "trial:{" + tag + "}:" + rand.Text() + ":"
	text, set, log, hash := base+"text", base+"set", base+"log", base+"hash"
	defer node.Del(context.WithoutCancel(ctx), text, set, log, hash)
	script := "return redis.call('TIME')"
	sum := redis.NewScript(script).Hash()
	publishing := []string{"PUBLISH"}
	if sharded {
		publishing = append(publishing, "SPUBLISH")
	}
	commands := [][]any{
		{"PING"}, {"TIME"}, {"INFO", "replication"}, {"SCAN", "0", "MATCH", base + "*", "COUNT", "1"},
		{"EVAL", script, "0"}, {"EVALSHA", sum, "0"},
		{"SET", text, "x", "NX", "PX", trialTTL}, {"GET", text}, {"PEXPIRE", text, trialTTL},
		{"HSET", hash, "field", "x"}, {"PEXPIRE", hash, trialTTL}, {"HGETALL", hash}, {"HDEL", hash, "field"},
		{"ZADD", set, "GT", "1", "x"}, {"EXPIREAT", set, "9999999999"}, {"PEXPIRE", set, trialTTL}, {"ZSCORE", set, "x"}, {"ZREM", set, "y"}, {"ZSCAN", set, "0"}, {"ZRANGE", set, "0", "-1"},
		{"ZREVRANGEBYSCORE", set, "+inf", "0", "WITHSCORES", "LIMIT", "0", "1"}, {"ZRANGEBYSCORE", set, "0", "+inf", "WITHSCORES", "LIMIT", "0", "1"},
		{"ZREMRANGEBYSCORE", set, "-inf", "(0"}, {"ZREMRANGEBYRANK", set, "0", "-1000"},
		{"XADD", log, "MAXLEN", "~", "1000", "*", "m", "x"}, {"PEXPIRE", log, trialTTL}, {"XRANGE", log, "-", "+", "COUNT", "1"},
		{"XREVRANGE", log, "+", "-", "COUNT", "1"}, {"XLEN", log}, {"XTRIM", log, "MINID", "1"}, {"XDEL", log, "0-1"}, {"MEMORY", "USAGE", log, "SAMPLES", "0"},
		{"PUBSUB", "NUMSUB", base + "channel"},
		{"DEL", text, set, log, hash},
	}
	if confirmed {
		commands = append(commands, []any{"WAIT", "0", "1"})
	}
	var refused []string
	judge := func(name string, err error) error {
		switch {
		case Refused(err):
			if entry := fmt.Sprintf("%s (%v)", name, replyError{err}); !slices.Contains(refused, entry) {
				refused = append(refused, entry)
			}
			return nil
		case Full(err): // it would execute the command if it had memory
			return nil
		}
		return Unavailable("try commands", err)
	}
	for _, command := range commands {
		if err := judge(command[0].(string), node.Do(ctx, command...).Err()); err != nil {
			return nil, err
		}
	}
	for _, publish := range publishing {
		if err := judge(publish, node.Do(ctx, publish, base+"channel", "").Err()); err != nil {
			return nil, err
		}
		subscribe := strings.Replace(publish, "PUBLISH", "SUBSCRIBE", 1)
		if err := judge(subscribe, trySubscribe(ctx, node, base+"channel", subscribe == "SSUBSCRIBE")); err != nil {
			return nil, err
		}
	}
	if err := judge("BGREWRITEAOF", tryRewrite(ctx, node)); err != nil {
		return nil, err
	}
	if len(refused) == 0 {
		return nil, nil
	}
	return []Warning{{What: "it refuses commands that Chatter needs: " + strings.Join(refused, ", "), Fix: "allow them, or take Redis 7 or later"}}, nil
}

// trySubscribe subscribes to a channel on a connection of its own.
func trySubscribe(ctx context.Context, node *redis.Client, channel string, sharded bool) error {
	pubsub := node.Subscribe(ctx)
	defer pubsub.Close()
	subscribe := pubsub.Subscribe
	if sharded {
		subscribe = pubsub.SSubscribe
	}
	if err := subscribe(ctx, channel); err != nil {
		return err
	}
	_, err := pubsub.ReceiveTimeout(ctx, ioTimeout)
	return err
}

// tryRewrite queues a rewrite of the append-only file in a transaction and discards it.
// Redis checks a command before it queues it.
func tryRewrite(ctx context.Context, node *redis.Client) error {
	conn := node.Conn()
	defer conn.Close()
	if err := conn.Do(ctx, "MULTI").Err(); err != nil {
		if Refused(err) {
			return nil // the first rewrite will show it
		}
		return err
	}
	err := conn.Do(ctx, "BGREWRITEAOF").Err()
	_ = conn.Do(ctx, "DISCARD").Err()
	return err
}
