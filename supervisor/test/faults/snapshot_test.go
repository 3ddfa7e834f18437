package faults_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/test/fixture"
)

// The operator puts an older copy of Redis's files under a running site. supervisor/BACKUP.md
// tells what comes back with it.
func TestSnapshot_BringsBackWhatTheOperatorTookAway(t *testing.T) {
	t.Parallel()
	const room = "Snapshot"
	w := start(t, fixture.Services(t))
	ben, err := guest.SignIn(t.Context(), w.client, w.URL(), "Ben")
	if err != nil {
		t.Fatal(err)
	}
	l := w.listen("wsd:wsd_0", room, "0", wire.Subprotocol)
	l.until(wire.EventLive)
	bad := l.say("bad", wire.NewNonce())
	kept := l.say("kept", wire.NewNonce())
	data, copied := filepath.Join(w.RedisData(), "appendonlydir"), filepath.Join(w.Dir(), "copy")
	if err := os.CopyFS(copied, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}

	nonce := wire.NewNonce()
	lost := l.say("lost", nonce)
	chatterctl := w.chatterctl()
	for _, args := range [][]string{{"remove", room, bad.String()}, {"hide", "Ben"}} {
		if out, code := chatterctl(args...); code != 0 {
			t.Fatalf("chatterctl %q: %d, %s", args, code, out)
		}
	}
	l.until(wire.EventRemoved)
	w.signOut("httpd:httpd_0", ben)
	w.wantRefused("after the sign-out", ben)

	w.ctl("stop", "redis")
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(copied, data); err != nil {
		t.Fatal(err)
	}
	w.ctl("start", "redis")
	l.messages = nil
	l.until(wire.EventGap)
	l.until(wire.EventLive)
	// This wsd remembers the removal as long as it holds the room.
	if !slices.Equal(l.messages, []string{"kept"}) {
		t.Errorf("a socket that stays open gets %q after the gap", l.messages)
	}
	if again := l.say("lost", nonce); again == lost {
		t.Errorf("a retry is acked with %v: Redis has not gone back", again)
	}
	for since, gaps := range map[wire.ID]int{kept: 0, lost: 1} {
		late := w.listen("wsd:wsd_1", room, since.String(), wire.Subprotocol)
		late.until(wire.EventLive)
		if late.gaps != gaps || !slices.Contains(late.messages, "lost") {
			t.Errorf("since %v: %d gaps, %q", since, late.gaps, late.messages)
		}
	}
	for p := range twins {
		if w.accepted(p, ben) {
			t.Errorf("%s accepts a session that ended while it ran", p)
		}
	}
	// The processes that knew of the orders end.
	w.ctl("restart", "httpd:*", "wsd:*")
	w.wantAccepted("after a restart", ben)
	late := w.listen("wsd:wsd_0", room, "0", wire.Subprotocol)
	late.until(wire.EventLive)
	if !slices.Equal(late.messages, []string{"bad", "kept", "lost"}) {
		t.Errorf("after a restart the room has %q", late.messages)
	}
	if out, code := chatterctl("orders"); code != 0 || out != "No order is in force.\n" {
		t.Errorf("orders: %d, %q", code, out)
	}
}
