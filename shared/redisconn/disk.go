package redisconn

import (
	"context"
	"net"

	"github.com/redis/go-redis/v9"
)

// DataDir returns the directory of a node's files, or "" if the node runs on another machine
// or may not be asked. A node is on this machine if it is reached through a unix socket or
// a loopback address.
func DataDir(ctx context.Context, node *redis.Client) string {
	if o := node.Options(); o.Network != "unix" {
		host, _, err := net.SplitHostPort(o.Addr)
		if ip := net.ParseIP(host); err != nil || host != "localhost" && !ip.IsLoopback() {
			return ""
		}
	}
	return node.ConfigGet(ctx, "dir").Val()["dir"]
}
