package orders

import (
	"context"
	"log/slog"
	"slices"
	"testing"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"
)

func TestRemovals_ReachEveryProcess(t *testing.T) {
	onAll(t, func(t *testing.T, c *redisconn.Client) {
		type order struct {
			key     string
			removed []wire.Removal
		}
		var got []order
		loads := 0
		f := newFollower(c, prefix, slog.New(slog.DiscardHandler), map[string]Handler{Removed: Removals{
			Obey:      func(key string, removed []wire.Removal) { got = append(got, order{key, removed}) },
			Reconcile: func(context.Context) error { loads++; return nil },
		}})
		read(t, f)
		room, err := name.ParseRoom("Go Fans {1}")
		if err != nil {
			t.Fatal(err)
		}
		removed := []wire.Removal{{ID: wire.ID{Ms: 5, Seq: 1}, At: 9}, {ID: wire.ID{Ms: 6}, At: 9}}
		announce(t.Context(), c, prefix, "unknown", "x") // else the stream is empty, which is a doubt
		read(t, f)
		for _, some := range [][]wire.Removal{removed, nil} {
			if err := AnnounceRemoved(t.Context(), c, prefix, room, some); err != nil {
				t.Fatal(err)
			}
		}
		read(t, f)
		if len(got) != 1 || got[0].key != room.Key() || !slices.Equal(got[0].removed, removed) || loads != 2 {
			t.Errorf("got %v, %d loads", got, loads)
		}
		if n := f.Counts()[Removed].Load(); n != 1 {
			t.Errorf("%d orders counted", n)
		}
	})
}

func TestRemovals_IgnoresMalformedOrders(t *testing.T) {
	Removals{Obey: func(key string, _ []wire.Removal) { t.Errorf("obeyed for %q", key) }}.Apply([]string{
		"", "tea", "tea 5", "%zz 5 5-0", "tea x 5-0", "tea 5 5", "tea 5 5-0 x",
	})
}
