package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"chatter/shared/wire"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// newGuest opens a profile of its own and signs in there, by hand.
func newGuest(t *testing.T, w *whole, name string) *tab {
	t.Helper()
	b := newProfile(t, w, name)
	if status := b.open("/"); status != 200 {
		t.Fatalf("sign-in page: %d", status)
	}
	b.signIn()
	return b
}

// signIn fills in the sign-in page and waits for what comes after it.
func (b *tab) signIn() {
	b.Helper()
	b.until("the name is asked for", "document.activeElement.id === 'user'")
	b.put(b.name)
	b.enter()
	// The door, too, shows the name of a guest who is signed in already.
	b.until("signed in", "document.readyState === 'complete' && !document.getElementById('user') && document.querySelector('.account-name bdi, .about-name bdi')?.textContent === "+js(b.name))
}

// open goes to a room and waits until it is live.
func (b *tab) openRoom(room string) {
	b.Helper()
	if status := b.open(roomPath(room)); status != 200 {
		b.Fatalf("%s: room %q: %d", b.who, room, status)
	}
	b.awaitLive()
}

func (b *tab) awaitLive() {
	b.Helper()
	b.awaitState("live")
}

func (b *tab) awaitState(state string) {
	b.Helper()
	b.until("the room is "+state, "document.getElementById('state')?.dataset.state === "+js(state))
}

// say types a message and sends it with Enter. It does not wait for anything.
func (b *tab) say(text string) {
	b.Helper()
	b.do("look at the field", focusOn("#message"))
	b.put(text)
	b.enter()
}

// Without scripts the log stands in a frame.
const shownLog = `(document.querySelector('iframe.log-frame') ?? {contentDocument: document}).contentDocument`

// message is a line of the log as it is shown.
type message struct {
	ID, Text string
	Own      bool
}

// rendered is the text as a reader sees it, not as the page's source has it; what is far
// out of sight is not laid out, and has its source alone.
const rows = `Array.from((` + shownLog + `)?.querySelectorAll('.log > li.message') ?? [], (row) => ({
	ID: row.dataset.id, Text: row.querySelector('p').textContent, Own: row.classList.contains('own')}))`

func (b *tab) log() []message { b.Helper(); return value[[]message](b, rows) }

func texts(messages []message) []string {
	list := make([]string, len(messages))
	for i, m := range messages {
		list[i] = m.Text
	}
	return list
}

// awaitLog waits until the log has n messages and nothing waits to be sent, and checks
// that each of them is there once and in the order of the IDs.
func (b *tab) awaitLog(n int) []message {
	b.Helper()
	var messages []message
	b.await(fmt.Sprintf("%d messages are there", n), func(ctx context.Context) (there bool, err error) {
		messages, err = chromedp.Run(ctx, chromedp.Evaluate[[]message]("document.querySelector('#outbox').childElementCount === 0 ? "+rows+" : null"))
		return messages != nil && len(messages) >= n, err
	})
	if len(messages) != n {
		b.Errorf("%s sees %d messages, want %d: %q", b.who, len(messages), n, texts(messages))
	}
	b.inOrder(messages)
	if gaps := value[int](b, "document.querySelectorAll('.log > .gap').length"); gaps != 0 {
		b.Errorf("%s is told of %d gaps", b.who, gaps)
	}
	return messages
}

// inOrder fails unless each message is there once and in the order of the IDs.
func (b *tab) inOrder(messages []message) {
	b.Helper()
	for i := 1; i < len(messages); i++ {
		if parseID(b, messages[i-1].ID).Compare(parseID(b, messages[i].ID)) >= 0 {
			b.Errorf("%s sees %v before %v", b.who, messages[i-1], messages[i])
		}
	}
}

// same fails unless both see the same log; own marks are each guest's own.
func same(t *testing.T, x, y *tab) {
	t.Helper()
	strip := func(messages []message) []message {
		for i := range messages {
			messages[i].Own = false
		}
		return messages
	}
	if diff := cmp.Diff(strip(x.log()), strip(y.log())); diff != "" {
		t.Errorf("%s and %s see different logs:\n%s", x.who, y.who, diff)
	}
}

func parseID(b *tab, s string) wire.ID {
	b.Helper()
	id, err := wire.ParseID(s)
	if err != nil {
		b.Fatalf("%s sees a message without an ID: %v", b.who, err)
	}
	return id
}

// signOut signs out from a room.
func (b *tab) signOut() {
	b.Helper()
	b.click(".dots")
	b.click("#signout button")
}

func roomPath(room string) string { return "/chat/" + url.PathEscape(room) + "/" }

// js writes a Go value as a JavaScript expression; a string's will do in a selector too.
func js(v any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}
