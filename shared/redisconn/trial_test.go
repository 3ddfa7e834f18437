package redisconn_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"

	"github.com/redis/go-redis/v9"
)

// check runs a whole check.
func check(t *testing.T, c *redisconn.Client) (*redisconn.Check, *bytes.Buffer) {
	t.Helper()
	log := new(bytes.Buffer)
	x := c.StartCheck("chatter:", slog.New(slog.NewTextHandler(log, nil)))
	t.Cleanup(x.Close)
	x.Wait()
	return x, log
}

// An ACL user that Redis 7 creates has no channels.
func TestCheck_NamesCommandsThatAUserMayNotUse(t *testing.T) {
	for name, tt := range map[string]struct {
		rules []any
		want  []string
	}{
		"everything on our keys and channels": {[]any{"~chatter:*", "&chatter:*", "+@all"}, nil},
		"no channels":                         {[]any{"~chatter:*", "+@all"}, []string{"PUBLISH (Redis answered NOPERM), SUBSCRIBE (Redis answered NOPERM);"}},
		"no rewrite":                          {[]any{"~chatter:*", "&chatter:*", "+@all", "-bgrewriteaof"}, []string{"BGREWRITEAOF (Redis answered NOPERM);"}},
		"reading only": {[]any{"~chatter:*", "&chatter:*", "+@all", "-@write"}, []string{
			"SET (Redis answered NOPERM), PEXPIRE (Redis answered NOPERM), HSET (Redis answered NOPERM), HDEL (Redis answered NOPERM), ZADD"}},
		"other keys": {[]any{"~other:*", "&*", "+@all"}, []string{"XADD (Redis answered NOPERM), XRANGE (Redis answered NOPERM)"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t)
			server.Do(append([]any{"ACL", "SETUSER", "guest", "on", ">pass"}, tt.rules...)...)
			o, err := redis.ParseURL(strings.Replace(server.URL, "unix://", "unix://guest:pass@", 1))
			if err != nil {
				t.Fatal(err)
			}
			o.DisableIdentity, o.Protocol = true, 2
			c := redisconn.Wrap(redis.NewClient(o))
			defer c.Close()
			x, log := check(t, c)
			expect(t, x, log, tt.want)
		})
	}
}

func TestCheck_LooksAtReplicasAndAtEachNodeOfACluster(t *testing.T) {
	t.Run("replica", func(t *testing.T) {
		s := redistest.StartSentinel(t)
		s.Pair[1].Do("CONFIG", "SET", "appendfsync", "everysec")
		c, err := redisconn.Open(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		x, log := check(t, c)
		expect(t, x, log, []string{"redis replica: appendfsync is \"everysec\""})
	})
	t.Run("cluster", func(t *testing.T) {
		cluster := redistest.StartCluster(t)
		cluster.Nodes[1].Do("CONFIG", "SET", "save", "60 1")
		cluster.Nodes[2].Do("ACL", "SETUSER", "default", "resetchannels")
		c := cluster.Client(t)
		defer c.Close()
		x, log := check(t, c)
		expect(t, x, log, []string{"redis: save is \"60 1\"", "PUBLISH (Redis answered NOPERM), SUBSCRIBE (Redis answered NOPERM), SPUBLISH (Redis answered NOPERM), SSUBSCRIBE (Redis answered NOPERM);"})
	})
}

func TestCheck_TriesAFullRedis(t *testing.T) {
	server := redistest.Start(t, "--rename-command", "PUBLISH", "")
	server.Do("CONFIG", "SET", "maxmemory", "1")
	c := server.Client()
	defer c.Close()
	x, log := check(t, c)
	expect(t, x, log, []string{"PUBLISH (Redis answered ERR);"})
}
