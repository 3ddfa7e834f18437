package main

import (
	"context"
	"flag"
	"fmt"
	"regexp"
	"sync"
	"testing"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/wire"

	"github.com/coder/websocket"
)

var (
	stormSockets = flag.Int("storm-sockets", 600, "how many sockets come back in TestStorm")
	stormRooms   = flag.Int("storm-rooms", 60, "to how many rooms")
)

// sweepEvery is less than the time after which wsd reads a room again by itself.
const sweepEvery = 4 * time.Second

// Everybody comes back at once after a restart, each with a cursor and
// something missed: all are live again, each message once, and Redis is read
// about once a room.
//
//	go test chatter/wsd -run TestStorm -v -storm-sockets 5000 -storm-rooms 500
func TestStorm_ReadsEachRoomOnce(t *testing.T) {
	redis := redistest.Start(t)
	c := redis.Client()
	defer c.Close()
	ctx, rdb := t.Context(), c.Universal()
	room := func(i int) string { return fmt.Sprint("room", i%*stormRooms) }
	missed := make([]string, *stormRooms)
	cursors := make([]wire.ID, *stormRooms)
	for i := range *stormRooms {
		for j := range 20 {
			id, err := rdb.Do(ctx, "XADD", "chatter:room:{"+room(i)+"}:log", "*", "m", fmt.Sprint(j)).Text()
			if err != nil {
				t.Fatal(err)
			}
			switch j {
			case 14:
				if cursors[i], err = wire.ParseID(id); err != nil {
					t.Fatal(err)
				}
			case 19:
				missed[i] = id
			}
		}
	}

	started := time.Now()
	s := start(t, redis.URL)
	defer func() { s.stop(); <-s.done }()
	await(t, "the retention job has scanned the rooms", func() (bool, any) {
		body := s.body(t, "/metrics")
		return regexp.MustCompile(`(?m)^chatter_oldest_message_seconds [0-9.]*[1-9]`).MatchString(body), body
	})
	before := rangeReads(t, c)
	begun := time.Now()
	var storm sync.WaitGroup
	turns := make(chan struct{}, 100) // so many knock at a time
	sockets := make([]*websocket.Conn, *stormSockets)
	for i := range sockets {
		storm.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			cursor := cursors[i%*stormRooms]
			ws := s.dial(t, "/ws/chat/"+room(i)+"/?since="+cursor.String())
			sockets[i] = ws
			for want := 15; ; want++ {
				e, err := read(ctx, ws)
				if err != nil {
					t.Errorf("socket %d: %v", i, err)
					return
				}
				if e.Event == wire.EventLive {
					if want != 20 || e.Cursor.String() != missed[i%*stormRooms] {
						t.Errorf("socket %d is live at %v after message %d", i, e.Cursor, want-1)
					}
					return
				}
				if e.Message != fmt.Sprint(want) {
					t.Errorf("socket %d got %+v, want message %d", i, e, want)
					return
				}
			}
		})
	}
	storm.Wait()
	t.Logf("%d sockets in %d rooms are live after %.2f s", *stormSockets, *stormRooms, time.Since(begun).Seconds())
	reads := rangeReads(t, c) - before
	// On a slow machine wsd reads all rooms by itself before the test is over, and reads
	// once more the rooms whose reply is late.
	sweeps := int(time.Since(started) / sweepEvery)
	if reads > *stormRooms*5/4+2*sweeps**stormRooms {
		t.Errorf("%d range reads for %d rooms and %d sweeps", reads, *stormRooms, sweeps)
	} else {
		t.Logf("%d range reads", reads)
	}
	for _, ws := range sockets {
		_ = ws.CloseNow()
	}
}

func read(ctx context.Context, ws *websocket.Conn) (wire.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, hangLimit)
	defer cancel()
	_, frame, err := ws.Read(ctx)
	if err != nil {
		return wire.Event{}, err
	}
	return wire.ParseEvent(frame)
}

// rangeReads is how often Redis has been asked for a range of a stream, but
// for those of the append script.
func rangeReads(t *testing.T, c *redisconn.Client) (calls int) {
	t.Helper()
	stats, err := c.Universal().InfoMap(t.Context(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"cmdstat_xrange", "cmdstat_xrevrange"} {
		var n int
		_, _ = fmt.Sscanf(stats["Commandstats"][command], "calls=%d", &n) // absent: never called
		calls += n
	}
	return calls
}
