package redisconn_test

import (
	"testing"
	"time"

	"chatter/shared/redisconn"

	"github.com/alicebob/miniredis/v2"
)

// Every connection of the pool is replaced after its lifetime, also those that are not
// needed.
func TestOpenFor_ReplacesEveryConnection(t *testing.T) {
	server := miniredis.RunT(t)
	c, err := redisconn.OpenFor("redis://"+server.Addr(), time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	limit := time.After(time.Minute)
	for last := 0; last < 100; last = server.TotalConnectionCount() {
		select {
		case <-limit:
			t.Fatalf("%d connections for one command after the other, each of which finds old ones", last)
		default:
		}
		if err := c.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := server.CurrentConnectionCount(); n > 20 {
		t.Errorf("%d connections are open at once", n)
	}
}
