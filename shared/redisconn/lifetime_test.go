package redisconn_test

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"
)

// Every connection of the pool is replaced after its lifetime, also those that are not
// needed.
func TestOpenFor_ReplacesEveryConnection(t *testing.T) {
	server := redistest.Start(t)
	c, err := redisconn.OpenFor(server.URL, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	id := regexp.MustCompile(`\bid=\d+`)
	open := func() []string { return id.FindAllString(server.Do("CLIENT", "LIST"), -1) }
	var first []string
	limit := time.After(time.Minute)
	for {
		select {
		case <-limit:
			t.Fatalf("of the connections %q, %q are left after a minute of commands", first, open())
		default:
		}
		if err := c.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		now := open()
		if len(now) > 30 {
			t.Fatalf("%d connections are open at once", len(now))
		}
		if first == nil && len(now) > 10 { // the pool is full
			first = now
		}
		if first != nil && !slices.ContainsFunc(first, func(id string) bool { return slices.Contains(now, id) }) {
			return
		}
	}
}
