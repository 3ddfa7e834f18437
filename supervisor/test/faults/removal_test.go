package faults_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chatter/shared/wire"
	"chatter/supervisor/test/fixture"

	"github.com/coder/websocket"
)

// The operator removes a message: all processes obey, also those that start later, pages and
// sockets that were away lose it, and nobody is told of a gap.
func TestRemoval_InEveryProcess(t *testing.T) {
	t.Parallel()
	const room, bad = "Removal", "a text that nobody may see"
	w := start(t, fixture.Services(t))
	chatterctl := w.chatterctl()
	here := []*listener{
		w.listen("wsd:wsd_0", room, "0", wire.Subprotocol),
		w.listen("wsd:wsd_1", room, "0", wire.Subprotocol),
	}
	classic := w.listen("wsd:wsd_1", room, "0")
	for _, l := range here {
		l.until(wire.EventLive)
	}
	nonce := wire.NewNonce()
	before := here[0].say("before", wire.NewNonce())
	id := here[0].say(bad, nonce)
	after := here[0].say("after", wire.NewNonce())
	for _, l := range append(here, classic) {
		l.message("after")
	}

	if out, code := chatterctl("remove", room, id.String()); code != 0 {
		t.Fatalf("chatterctl remove: %d, %s", code, out)
	}
	for _, l := range here {
		if e := l.until(wire.EventRemoved); e.ID != id {
			t.Errorf("%v was removed, want %v", e.ID, id)
		}
	}
	for _, p := range []string{"httpd:httpd_0", "httpd:httpd_1"} {
		page := func() string { return w.body(p, "/chat/"+room+"/") }
		fixture.Await(t, p+" does not show the message", func() bool { return !strings.Contains(page(), bad) })
		if !strings.Contains(page(), "after") {
			t.Errorf("%s does not show the others", p)
		}
		var offline struct {
			Messages []struct{ Message string }
			Gap      bool
			Removed  []string
		}
		answer := w.body(p, "/chat/"+room+"/messages/?after="+id.String())
		if err := json.Unmarshal([]byte(answer), &offline); err != nil || offline.Gap || len(offline.Messages) != 1 || !slices.Contains(offline.Removed, id.String()) {
			t.Errorf("%s: a page that was offline gets %s, %v", p, answer, err)
		}
	}

	w.ctl("restart", "wsd:*")
	for since, want := range map[wire.ID][]string{before: {"after"}, id: {"after"}, after: nil} {
		l := w.listen("wsd:wsd_0", room, since.String(), wire.Subprotocol)
		l.until(wire.EventLive)
		if e := l.until(wire.EventRemoved); e.ID != id {
			t.Errorf("since %v: %v was removed, want %v", since, e.ID, id)
		}
		if !slices.Equal(l.messages, want) || l.gaps > 0 {
			t.Errorf("since %v: got %q and %d gaps, want %q", since, l.messages, l.gaps, want)
		}
	}
	late := w.listen("wsd:wsd_1", room, "0", wire.Subprotocol)
	late.until(wire.EventLive)
	old := w.listen("wsd:wsd_0", room, id.String())
	if again := late.say(bad, nonce); again != id {
		t.Errorf("a retry is acked with %v, want %v", again, id)
	}
	last := late.say("last", wire.NewNonce())
	late.message("last")
	old.message("last")
	if want := []string{"before", "after", "last"}; !slices.Equal(late.messages, want) || !slices.Equal(old.messages, want[1:]) {
		t.Errorf("a new page has %q, a classic client %q", late.messages, old.messages)
	}
	if old.removals > 0 || classic.removals > 0 {
		t.Error("a classic client is told of a removal")
	}

	watcher := w.listen("wsd:wsd_0", room, last.String(), wire.Subprotocol)
	watcher.until(wire.EventLive)
	if out, code := chatterctl("empty", room); code != 0 {
		t.Fatalf("chatterctl empty: %d, %s", code, out)
	}
	for watcher.until(wire.EventRemoved).ID != last {
	}
	empty := w.listen("wsd:wsd_0", room, after.String(), wire.Subprotocol)
	empty.until(wire.EventLive)
	if len(empty.messages) > 0 || empty.gaps > 0 {
		t.Errorf("in an empty room: %q, %d gaps", empty.messages, empty.gaps)
	}
	if out, code := chatterctl("remove", room, "1700000000000-0"); code != 1 || !strings.Contains(out, "no message with this ID") {
		t.Errorf("an unknown ID: %d, %s", code, out)
	}
	for p := range twins {
		if strings.Contains(w.logged(p), bad) || strings.Contains(w.logged(p), room) {
			t.Errorf("the log of %s has the text or the room", p)
		}
	}
}

// chatterctl returns a function that runs the command for this stack.
func (w *site) chatterctl() func(args ...string) (out string, code int) {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "chatterctl")
	if out, err := exec.CommandContext(w.t.Context(), "go", "build", "-o", path, "chatter/supervisor/ctl").CombinedOutput(); err != nil {
		w.t.Fatalf("%v: %s", err, out)
	}
	return func(args ...string) (string, int) {
		cmd := exec.CommandContext(w.t.Context(), path, append([]string{"--dir", w.Dir()}, args...)...)
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
}

// body returns what one process answers to a guest.
func (w *site) body(process, path string) (body string) {
	w.t.Helper()
	w.only(process, func(c *http.Client) {
		ctx, cancel := context.WithTimeout(w.t.Context(), fixture.HangLimit)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.Addr()+path, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		r.AddCookie(w.cookie)
		resp, err := c.Do(r)
		if err != nil {
			w.t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			w.t.Fatal(err)
		}
		body = string(text)
	})
	return body
}

// listener is a socket in a room, and what it has got.
type listener struct {
	t        *testing.T
	ws       *websocket.Conn
	messages []string
	gaps     int
	removals int
}

func (w *site) listen(process, room, since string, protocols ...string) *listener {
	w.t.Helper()
	return &listener{t: w.t, ws: w.socketIn(process, w.cookie, room, since, protocols...)}
}

// next reads an event.
func (l *listener) next() wire.Event {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), fixture.HangLimit)
	defer cancel()
	_, frame, err := l.ws.Read(ctx)
	if err != nil {
		l.t.Fatal(err)
	}
	e, err := wire.ParseEvent(frame)
	if err != nil {
		l.t.Fatal(err)
	}
	switch e.Event {
	case wire.EventMessage:
		l.messages = append(l.messages, e.Message)
	case wire.EventGap:
		l.gaps++
	case wire.EventRemoved:
		l.removals++
	}
	return e
}

// until reads to the next such event.
func (l *listener) until(event string) (e wire.Event) {
	l.t.Helper()
	for e.Event != event {
		e = l.next()
	}
	return e
}

// message reads until the text has come.
func (l *listener) message(text string) {
	l.t.Helper()
	for !slices.Contains(l.messages, text) {
		l.next()
	}
}

// say says something and returns the ID of the ack.
func (l *listener) say(text string, nonce wire.Nonce) wire.ID {
	l.t.Helper()
	frame, err := json.Marshal(map[string]string{"command": "new_message", "message": text, "nonce": string(nonce)})
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.ws.Write(l.t.Context(), websocket.MessageText, frame); err != nil {
		l.t.Fatal(err)
	}
	for {
		if e := l.until(wire.EventAck); e.Nonce == nonce {
			return e.ID
		}
	}
}
