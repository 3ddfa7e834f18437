package redisconn_test

import (
	"context"
	"net"
	"testing"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"

	"github.com/redis/go-redis/v9"
)

// The path of a directory on another machine says nothing about a disk of this one.
func TestDataDir_IsOfARedisOnThisMachine(t *testing.T) {
	server := redistest.Start(t)
	var d net.Dialer
	c := server.Client()
	defer c.Close()
	local := c.Universal().(*redis.Client)
	for address, want := range map[string]string{
		"127.0.0.1:6379": server.Dir(), "[::1]:6379": server.Dir(), "localhost:6379": server.Dir(),
		"192.0.2.1:6379": "", "redis.example.org:6379": "", "FailoverClient": "",
	} {
		node := redis.NewClient(&redis.Options{
			Network: "tcp", Addr: address,
			Dialer: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return d.DialContext(ctx, "unix", local.Options().Addr)
			},
		})
		if got := redisconn.DataDir(t.Context(), node); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
		node.Close()
	}
	if got := redisconn.DataDir(t.Context(), local); got != server.Dir() {
		t.Errorf("through the socket: %q, want %q", got, server.Dir())
	}
}
