package main

import (
	"fmt"
	"testing"
	"time"

	"chatter/shared/redistest"
)

// A slot with a room in it moves from one node of a Cluster to another while
// people talk there, and every subscription is cut once: nothing is lost,
// doubled or out of order, nobody is told of a gap, and the room is followed
// where it is now.
func TestCluster_ASlotMovesUnderARoom(t *testing.T) {
	t.Parallel()
	redis := redistest.StartCluster(t)
	client := redis.Client(t)
	defer client.Close()
	a, b := startProcess(t, redis.URL, "--limits", "off"), startProcess(t, redis.URL, "--limits", "off")
	quiet, elsewhere := startProcess(t, redis.URL), startProcess(t, redis.URL, "--limits", "off")
	// It has seen where the slots are, and asks nobody until the slot has moved.
	idle := startProcess(t, redis.URL, "--limits", "off")
	idle.status(t, "/readyz")
	c := newCrowd(t)
	x, y := c.speak(a, "moving", "x"), c.speak(b, "moving", "y")
	for _, room := range []string{"moving", "one", "two", "three"} {
		c.join(a, room)
		c.join(b, room)
		if room != "moving" {
			c.speak(a, room, room)
			c.join(elsewhere, room)
		}
	}
	for i := range 60 {
		c.join(elsewhere, fmt.Sprint("silent", i))
	}
	for _, m := range c.members {
		m.untilLive()
	}
	x.says(t, 10)
	y.says(t, 10)
	for _, node := range redis.Nodes {
		node.Do("CLIENT", "KILL", "TYPE", "pubsub")
	}

	move := redis.Move(t, "{moving}")
	move.Keys()
	// It reads the room half-way and is told by nobody but the node it follows.
	newcomer := c.join(quiet, "moving")
	newcomer.untilLive()
	// A new message has no key yet on either node.
	redis.AwaitError(t, "TRYAGAIN")
	move.End()
	// This wsd has not heard of the room, nor of where its slot went.
	z := c.speak(idle, "moving", "z")
	for _, s := range []*speaker{x, y, z} {
		s.says(t, 10)
	}
	awaitFollowers(t, move, 4) // those of a, b, quiet and idle
	awaitNoneAsksWrongly(t, redis, []*speaker{x, y, z})
	c.quiet()
	c.checkStored(client)
	c.checkSeen(client)
	if n := c.gaps(); n != 0 {
		t.Errorf("%d gaps are told, none is there", n)
	}
	for _, kind := range []string{"MOVED", "ASK"} {
		if redis.Errors(kind) == 0 {
			t.Errorf("nobody met %s", kind)
		}
	}
}

// awaitFollowers waits until so many processes follow the moved room on the node where its
// slot is now. Those that do not follow it find what is new when they look at the log now
// and then, which is no proof.
func awaitFollowers(t *testing.T, move *redistest.Move, want int) {
	t.Helper()
	await(t, fmt.Sprintf("%d processes follow the room on its new node", want), func() (bool, any) {
		n := move.Subscribers("chatter:room:{moving}:live")
		return n == want, n
	})
}

// awaitNoneAsksWrongly waits until much is said and no node has answered MOVED or
// CROSSSLOT meanwhile. A process that subscribes in the wrong place asks again ten times a
// second. Some wrong questions are met by the way, and the client library, when a
// subscription breaks, says once more what it wanted, in one.
func awaitNoneAsksWrongly(t *testing.T, redis *redistest.Cluster, speakers []*speaker) {
	t.Helper()
	wrong := func() int { return redis.Errors("MOVED") + redis.Errors("CROSSSLOT") }
	for limit := time.Now().Add(hangLimit); ; {
		before, begun := wrong(), time.Now()
		for time.Since(begun) < time.Second { // ten questions, at least
			for _, s := range speakers {
				s.says(t, 10)
			}
		}
		now := wrong()
		if now == before {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("MOVED and CROSSSLOT were met %d times, %d of them lately: somebody goes on asking wrongly", now, now-before)
		}
	}
}
