package main

import (
	"slices"
	"testing"

	"chatter/shared/redistest"
	"chatter/shared/wire"
)

// Redis is stopped, an older copy of its files is put in their place, and it is
// started: whoever is connected, and whoever resumes with a cursor that is not
// in the log any more, gets a gap and then the log as it is; a cursor that
// still stands goes on without one. What is said once more, under a nonce that
// Redis has forgotten, stands in the log once.
func TestRollback_EverybodyIsToldOfAGap(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	client := redis.Client()
	defer client.Close()
	a, b := startProcess(t, redis.URL, "--limits", "off"), startProcess(t, redis.URL, "--limits", "off")
	c := newCrowd(t)
	here, there, cut := c.join(a, "room"), c.join(b, "room"), c.join(a, "room")
	for _, m := range c.members {
		m.untilLive()
	}
	x, y := c.speak(a, "room", "x"), c.speak(b, "room", "y")
	x.says(t, 10)
	y.says(t, 10)
	kept := logOf(t, client, "room")[0].ID
	restore := redis.Snapshot()
	x.says(t, 10)
	y.says(t, 10)

	ws, nonce := a.dial(t, "/ws/chat/room/?since=0"), wire.NewNonce()
	say(t, ws, "again", nonce)
	first := awaitAck(t, ws)
	there.untilHears("again")
	restore()
	cut.cut()
	say(t, ws, "again", nonce)
	second := awaitAck(t, ws)
	if first == second {
		t.Errorf("stored as %v twice: Redis has not gone back", first)
	}
	// At a wsd that knows nothing of what was.
	late := startProcess(t, redis.URL)
	lost, found := c.resume(late, "room", first), c.resume(late, "room", kept)
	x.says(t, 10)
	y.says(t, 10)
	c.quiet()
	c.checkSeen(client)
	for i, m := range []*member{here, there, cut, lost} {
		if m.gaps != 1 {
			t.Errorf("member %d is told of %d gaps, want one", i, m.gaps)
		}
	}
	if found.gaps != 0 {
		t.Errorf("whose cursor still stands is told of %d gaps", found.gaps)
	}
	log := logOf(t, client, "room")
	again := slices.DeleteFunc(slices.Clone(log), func(e wire.Entry) bool { return e.Text != "again" })
	if !slices.Equal(again, []wire.Entry{{ID: second, Text: "again"}}) {
		t.Errorf("in the log is %v", again)
	}
	if c.lost(client) == 0 {
		t.Error("nothing is lost: there was nothing to tell")
	}
}
