package mutes

import (
	"testing"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/wire"
)

// hangLimit is after how long a test says that something hangs.
const hangLimit = 2 * time.Minute

// A mute reaches another process, is written and lifted, with a Redis and with a Cluster.
func TestMutes_OnRedis(t *testing.T) {
	for _, c := range []struct {
		name string
		url  func(t *testing.T) string
	}{
		{"redis", func(t *testing.T) string { return redistest.Start(t).URL }},
		{"cluster", func(t *testing.T) string { return redistest.StartCluster(t).URL }},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := c.url(t)
			start := func() *Mutes {
				client, err := redisconn.Open(url)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { client.Close() })
				x := New(client, Options{Prefix: "test:", Every: time.Second, Marks: time.Hour, Now: time.Now})
				x.Start()
				t.Cleanup(x.Close)
				if err := x.Load(t.Context()); err != nil {
					t.Fatal(err)
				}
				return x
			}
			one, two := start(), start()
			id, tea := wire.ID{Ms: uint64(time.Now().UnixMilli())}, room(t, "tea")
			one.Stored(ann, tea, id)
			var order Order
			await(t, "both have subscribed", func() (err error) {
				order, err = two.Mute(t.Context(), tea, id, time.Hour)
				return err
			})
			await(t, "the mute is written", func() error {
				members, err := two.client.Universal().ZCard(t.Context(), "test:muted").Result()
				if err == nil && members != 1 {
					return ErrUnknown
				}
				return err
			})
			three := start()
			for i, x := range []*Mutes{one, two, three} {
				if _, muted := x.Muted(ann); !muted {
					t.Errorf("the author is not muted in process %d", i)
				}
			}
			if err := three.Lift(t.Context(), order.Handle); err != nil {
				t.Fatal(err)
			}
			await(t, "the mute is lifted", func() error {
				for _, x := range []*Mutes{one, two, three} {
					if _, muted := x.Muted(ann); muted {
						return ErrNoOrder
					}
				}
				return nil
			})
		})
	}
}

// await waits until f returns nil.
func await(t *testing.T, what string, f func() error) {
	t.Helper()
	limit := time.After(hangLimit)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited %v until %s: %v", hangLimit, what, err)
		}
	}
}
