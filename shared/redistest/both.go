package redistest

import (
	"testing"

	"chatter/shared/redisconn"

	"github.com/alicebob/miniredis/v2"
)

// OnBoth runs a test on miniredis and on a real redis-server.
func OnBoth(t *testing.T, test func(t *testing.T, c *redisconn.Client)) {
	t.Helper()
	t.Run("miniredis", func(t *testing.T) {
		m := miniredis.RunT(t)
		m.ClockTTL(true)
		c, err := redisconn.Open("redis://" + m.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		test(t, c)
	})
	t.Run("redis", func(t *testing.T) {
		c := Start(t).Client()
		t.Cleanup(func() { c.Close() })
		test(t, c)
	})
}
