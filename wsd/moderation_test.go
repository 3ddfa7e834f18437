package main

import (
	"os"
	"path/filepath"
	"testing"

	"chatter/shared/name"
	"chatter/shared/orders"
	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/roomlog"
	"chatter/shared/wire"

	"github.com/coder/websocket"
)

// A process obeys an order, and finds a removal of which no order tells.
func TestModeration_RemovedMessages(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := start(t, server.URL)
	defer func() { s.stop(); <-s.done }()
	client, err := redisconn.Open(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	log := roomlog.New(client, roomlog.Options{})
	defer log.Close()
	room, err := name.ParseRoom("Tea Room")
	if err != nil {
		t.Fatal(err)
	}
	ann := newVisitor(t, "ann").dial(t, s, "/ws/chat/Tea%20Room/?since=0")
	until(t, ann, wire.EventLive)
	for _, announced := range []bool{true, false} {
		say(t, ann, "bad", wire.NewNonce())
		id := until(t, ann, wire.EventAck).ID
		removed, err := log.Remove(t.Context(), room, id)
		if err != nil {
			t.Fatal(err)
		}
		if announced {
			err = orders.AnnounceRemoved(t.Context(), client, "chatter:", room, []wire.Removal{removed})
		} else { // an empty stream leaves a doubt: the process compares its rooms with Redis
			err = client.Universal().Del(t.Context(), "chatter:orders").Err()
		}
		if err != nil {
			t.Fatal(err)
		}
		if e := until(t, ann, wire.EventRemoved); e.ID != id {
			t.Errorf("announced %v: %v was removed, want %v", announced, e.ID, id)
		}
	}
}

func TestModeration_RefusedNames(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "names")
	if err := os.WriteFile(file, []byte("Bad Name\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startProcess(t, redistest.Start(t).URL, "--refuse", file)
	wantSignIn(t, newVisitor(t, "bad name").dial(t, s, "/ws/chat/room/?since=0"))
	ann := newVisitor(t, "ann")
	_, _, err := ann.dial(t, s, "/ws/chat/Bad%20Name/").Read(t.Context())
	if code := websocket.CloseStatus(err); code != websocket.StatusCode(wire.CloseNoRoom) {
		t.Errorf("a refused room: %v, want a close with %d", err, wire.CloseNoRoom)
	}
	until(t, ann.dial(t, s, "/ws/chat/room/?since=0"), wire.EventLive)
}
