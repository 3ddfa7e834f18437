package main

import (
	"testing"
	"time"

	"chatter/shared/redistest"
)

// A Sentinel has primary and replica change roles while people talk. What the
// old primary acked and had not passed on is lost, which nothing on this side
// can help: that is a gap, never silence. A primary that writes only while it
// has a replica loses less: what it wrote last may still be on its way there. In
// both cases everybody comes to see the log as it is, once and in order.
func TestSentinel_FailsOver(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		args []string
	}{
		{"any primary writes", nil},
		{"only one with a replica writes", []string{"--min-replicas-to-write", "1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			redis := redistest.StartSentinel(t, tt.args...)
			a, b := startProcess(t, redis.URL, "--limits", "off"), startProcess(t, redis.URL, "--limits", "off")
			c := newCrowd(t)
			c.pace = 50 * time.Millisecond
			c.join(a, "room")
			c.join(b, "room")
			for _, m := range c.members {
				m.untilLive()
			}
			x, y := c.speak(a, "room", "x"), c.speak(b, "room", "y")
			x.says(t, 10)
			y.says(t, 10)

			redis.Failover()
			redis.AwaitDemotion() // which cuts the subscriptions that were left there
			x.says(t, 10)
			y.says(t, 10)
			c.quiet()
			client := redis.Pair[1].Client()
			defer client.Close()
			c.checkSeen(client)
			lost := c.lost(client)
			t.Logf("%d acked messages lost, %d gaps told", lost, c.gaps())
			if lost > 0 && c.gaps() == 0 {
				t.Error("nobody was told")
			}
			for _, m := range c.members {
				if m.gaps > 0 && lost == 0 {
					t.Errorf("%d gaps are told, nothing is lost", m.gaps)
				}
			}
			if lost == 0 {
				c.checkStored(client)
			}
		})
	}
}
