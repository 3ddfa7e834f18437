package main

import (
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/wire"
)

// listed are the names in a list in Redis, each with its newest interval.
func listed(t *testing.T, c *redisconn.Client, list string) map[string]float64 {
	t.Helper()
	members, err := c.Universal().ZRangeWithScores(t.Context(), "chatter:recent:"+list, 0, -1).Result()
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]float64)
	for _, m := range members {
		member, _ := m.Member.(string)
		name := strings.TrimPrefix(member, "/")
		names[name] = max(names[name], m.Score)
	}
	return names
}

// A guest with an open socket is around in every interval. A room is used in the interval
// of a message.
func TestPresence_AnOpenSocketIsAround(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	s := startProcess(t, redis.URL, "--presence-every", "1s")
	c := redis.Client()
	defer c.Close()
	index := s.dial(t, "/ws/index/")
	ws := s.dial(t, "/ws/chat/room/?since=0")
	until(t, ws, wire.EventLive)
	intervals := map[float64]bool{}
	around := func(n int) {
		await(t, "the guest is around", func() (bool, any) {
			if at, ok := listed(t, c, "users")["guest"]; ok {
				intervals[at] = true
			}
			return len(intervals) >= n, intervals
		})
	}
	around(3)
	if rooms := listed(t, c, "rooms"); len(rooms) > 0 {
		t.Errorf("nothing is said, and rooms are used: %v", rooms)
	}
	say(t, ws, "hello", wire.NewNonce())
	until(t, ws, wire.EventAck)
	await(t, "the room is used", func() (bool, any) {
		rooms := listed(t, c, "rooms")
		return len(rooms) == 1 && rooms["room"] > 0, rooms
	})
	// A write that Redis answers late is repeated in the next interval, so the room may move once.
	await(t, "nothing more is said, and the room stays where it is", func() (bool, any) {
		used := listed(t, c, "rooms")
		around(len(intervals) + 2)
		now := listed(t, c, "rooms")
		return maps.Equal(used, now), []any{used, now}
	})
	for {
		if e := until(t, index, wire.EventRecent); slices.Equal(e.Users, []string{"guest"}) && slices.Equal(e.Rooms, []string{"room"}) {
			break
		}
	}
}

// A reload keeps the names of the running interval in memory. A stop writes them.
func TestPresence_AReloadKeepsItAndAStopWritesIt(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t, "--appendfsync", "no") // the last write has a second
	s := startProcess(t, redis.URL, "--presence-every", "1h")
	c := redis.Client()
	defer c.Close()
	hour := time.Now().Truncate(time.Hour)
	ws := s.dial(t, "/ws/chat/room/?since=0")
	until(t, ws, wire.EventLive)
	say(t, ws, "hello", wire.NewNonce())
	until(t, ws, wire.EventAck)
	s.reload()
	await(t, "the next image runs", func() (bool, any) {
		resp, err := s.client("admin").Get("http://admin/metrics")
		if err != nil {
			return false, err // the image before it has closed the connection
		}
		defer resp.Body.Close()
		metrics, err := io.ReadAll(resp.Body)
		return err == nil && strings.Contains(string(metrics), "\nchatter_handshakes_total 0\n"), string(metrics)
	})
	if users, rooms := listed(t, c, "users"), listed(t, c, "rooms"); len(users)+len(rooms) > 0 && time.Now().Before(hour.Add(time.Hour)) {
		t.Errorf("after the reload Redis has %v and %v", users, rooms)
	}
	s.stop()
	await(t, "the names are written", func() (bool, any) {
		users, rooms := listed(t, c, "users"), listed(t, c, "rooms")
		return users["guest"] > 0 && rooms["room"] > 0, []any{users, rooms}
	})
}
