package roomlog

import (
	"fmt"
	"testing"

	"chatter/shared/wire"
)

// A whole pipeline of answers is linked before the first of their echoes comes.
func TestChain_KnowsTheEchoesOfAPipeline(t *testing.T) {
	var c chain
	c.restart([]Entry{{ID: wire.ID{Ms: 1}}})
	var hints []hint
	for i := range uint64(3 * maxPipeline) { // the ring has gone round
		hints = append(hints, hint{id: wire.ID{Ms: 2 + i}, prev: wire.ID{Ms: 1 + i}, text: fmt.Sprint(i)})
	}
	for _, h := range hints {
		if got, v := c.take(nil, h); v != linked || len(got) != 1 {
			t.Fatalf("%v: verdict %v, %d entries", h.id, v, len(got))
		}
	}
	for _, h := range hints[len(hints)-2*maxPipeline:] {
		if got, v := c.take(nil, h); v != double || len(got) != 0 {
			t.Errorf("echo of %v: verdict %v, %d entries", h.id, v, len(got))
		}
	}
	older := hint{id: wire.ID{Ms: 2, Seq: 7}, prev: wire.ID{Ms: 2}}
	if _, v := c.take(nil, older); v != suspect {
		t.Errorf("an older one that was never there: verdict %v", v)
	}
}

// What is held while the room is read for the first time may be too much.
func TestFollowed_ReadsAgainWhenItHeldTooMuch(t *testing.T) {
	f := &Follower{looks: make(chan struct{}, 1)}
	r := &followed{follower: f, subscribed: true, looking: true}
	for i := range uint64(maxHeld) {
		r.take(hint{id: wire.ID{Ms: 2 + i}, prev: wire.ID{Ms: 1 + i}})
	}
	if r.again {
		t.Fatal("there is room yet")
	}
	r.take(hint{id: wire.ID{Ms: 1000}, prev: wire.ID{Ms: 999}})
	if !r.again {
		t.Error("what was held is dropped, and nobody looks")
	}
}

// A message that was stored by an earlier try may have come after the look that is
// under way has seen the stream.
func TestFollowed_ReadsAgainForAKnownOne(t *testing.T) {
	r := &followed{follower: &Follower{}, subscribed: true, loaded: true, looking: true}
	r.take(hint{id: wire.ID{Ms: 5}, known: true})
	if !r.again {
		t.Error("nobody looks for it")
	}
}
