package redisconn_test

import (
	"testing"
	"time"

	"chatter/shared/redisconn"

	"github.com/alicebob/miniredis/v2"
)

// Every connection of the pool is replaced after its lifetime, also when there are several
// and one would do.
func TestOpenFor_ReplacesEveryConnection(t *testing.T) {
	server := miniredis.RunT(t)
	c, err := redisconn.OpenFor("redis://"+server.Addr(), time.Nanosecond)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const commands = 5
	for range commands {
		if err := c.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := server.TotalConnectionCount(); got != commands {
		t.Errorf("%d connections for %d commands, each of which finds an old one", got, commands)
	}
}
