package browser_test

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// steps goes back or forward in the tab's history, to a room or, for "", to the index.
func (b *tab) steps(n int, room string) {
	b.Helper()
	path := "/index/"
	if room != "" {
		path = roomPath(room)
	}
	// There may be two pages of one address, each as it was left.
	here := js(rand.Int32())
	value[bool](b, "Boolean(setTimeout(() => history.go("+js(n)+"))) && (window.left = "+here+") !== null")
	b.until("the way leads to "+path, "window.left !== "+here+" && location.pathname === "+js(path)+" && document.readyState === 'complete'")
}

// toIndex follows the room page's way there, enter goes to a room from there.
func (b *tab) toIndex() {
	b.Helper()
	value[bool](b, "Boolean(setTimeout(() => document.querySelector('a.brand').click()))")
	b.until("the index is there", "location.pathname === '/index/' && document.readyState === 'complete'")
}

func (b *tab) enterRoom(room string) {
	b.Helper()
	b.do("look at the room field", focusOn("#room"))
	b.put(room)
	b.enter()
	b.until("the room is there", "document.querySelector('#room')?.dataset.room === "+js(room)+" && document.readyState === 'complete'")
}

func TestHistory_BackAndForward(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		kept bool // by the browser, as it was
	}{{"pages loaded again", false}, {"pages kept", true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			goBackAndForward(t, site(t), c.kept)
		})
	}
}

func goBackAndForward(t *testing.T, w *whole, kept bool) {
	garden, kitchen := "Garden, loaded", "Kitchen, loaded"
	if kept {
		garden, kitchen = "Garden, kept", "Kitchen, kept"
	}
	ann, ben := newGuest(t, w, "Ann"), newSocketGuest(t, w, "Ben", garden)
	ann.allow(awayNotes...)
	proxy := ann.through(t)
	if kept {
		proxy.mayKeepPages()
	}
	ann.openRoom(garden)
	ann.say("one")
	ann.sees("one")
	value[bool](ann, "window.isKept = true")
	proxy.refuse(true)
	proxy.cut()
	ann.awaitState("reconnecting")
	ann.say("waits")
	ann.awaitWaiting("waits")
	ann.do("look at the field", focusOn("#message"))
	ann.put("half a sentence")

	ann.toIndex()
	proxy.refuse(false)
	ben.say("two")
	ann.enterRoom(kitchen)
	ann.awaitLive()
	ann.awaitWaiting()
	ann.say("in the kitchen")
	ann.sees("in the kitchen")
	ben.say("three")
	if heard := ben.hears(); slices.Contains(heard, "waits") {
		t.Errorf("sent from another page: %q", heard)
	}

	ann.steps(-1, "")
	ann.steps(-1, garden)
	if kept && !value[bool](ann, "window.isKept === true") {
		t.Skip("this browser keeps no pages")
	}
	want := []string{"one", "two", "three", "waits"}
	drafted := "half a sentence"
	draft := func() {
		t.Helper()
		if typed := value[string](ann, "document.querySelector('#message').value"); typed != drafted {
			t.Errorf("in the field is %q, want %q", typed, drafted)
		}
	}
	ann.sees(want...)
	ann.awaitLive()
	ann.owns("one", "waits")
	draft()

	ann.steps(+2, kitchen)
	ben.say("four")
	ann.sees("in the kitchen")
	ann.awaitLive()
	ann.owns("in the kitchen")
	ann.say("still in the kitchen")
	ann.sees("in the kitchen", "still in the kitchen")
	ann.steps(-2, garden)
	want = append(want, "four")
	ann.sees(want...)
	ann.awaitLive()
	draft()
	ann.owns("one", "waits")

	// The same room twice in one history: what waits there is the same.
	ann.toIndex()
	ann.enterRoom(garden)
	ann.awaitLive()
	draft() // it belongs to the room
	ann.do("look at the field", focusOn("#message"))
	value[bool](ann, "document.querySelector('#message').select() ?? true")
	ann.put("five")
	ann.enter()
	if !kept {
		drafted = "" // five was made of it
	}
	ann.awaitLog(len(want) + 1)
	proxy.refuse(true)
	proxy.cut()
	ann.awaitState("reconnecting")
	ann.say("six")
	ann.awaitWaiting("six")
	ann.steps(-2, garden)
	ann.awaitWaiting("six")
	draft()
	proxy.refuse(false)
	want = append(want, "five", "six")
	ann.sees(want...)
	ann.owns("one", "waits", "five", "six")
	ann.steps(+2, garden)
	ann.sees(want...)
	ann.awaitLive()
	ann.owns("one", "waits", "five", "six")
	ben.say("seven")
	want = append(want, "seven")
	ann.sees(want...)
	if heard := ben.hears(); !slices.Equal(heard, want) {
		t.Errorf("Ben hears %q", heard)
	}
}
