package browser_test

import (
	"slices"
	"testing"
	"time"
)

// blockedNotes are what the browser notes about sockets that are blocked.
var blockedNotes = append([]string{`status of 403`}, awayNotes...)

// Where a network blocks sockets, a room is read and written over HTTP, and goes back to a
// socket when one gets through.
func TestBlocked_TheRoomGoesOnOverHTTP(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]blocking{"forbidden": forbidden, "swallowed": swallowed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := site(t)
			room := "Blocked, " + name
			ann := newGuest(t, w, "Ann")
			ann.allow(blockedNotes...)
			proxy := ann.through(t)
			proxy.block(how)
			ann.ownClock()
			ann.begin("window.slowLine = true;")
			ann.open(roomPath(room))
			ann.until("the room has begun", "document.getElementById('state').dataset.state")
			ann.say("said early")
			ann.awaitWaiting("said early")
			ann.holdClock()
			ann.pass(time.Minute)
			ann.releaseClock()
			ann.awaitState("slow")
			ann.stateSays("^Live, a little slower$")
			ann.sees("said early")
			ben := newSocketGuest(t, w, "Ben", room)
			ben.say("over a socket")
			ann.say("over HTTP")
			ann.awaitLog(3)
			seen := texts(ann.log())
			for _, text := range []string{"over a socket", "over HTTP"} {
				if !slices.Contains(seen, text) {
					t.Errorf("Ann sees %q", seen)
				}
			}
			ben.awaitWord("over HTTP")
			ann.owns("said early", "over HTTP")
			ann.look("room slow")

			proxy.block(passed)
			value[bool](ann, "window.dispatchEvent(new Event('online'))")
			ann.awaitLive()
			ann.say("over the socket again")
			want := append(seen, "over the socket again")
			ann.sees(want...)
			ann.owns("said early", "over HTTP", "over the socket again")
			ann.reload()
			ann.awaitLive()
			ann.sees(want...)
			ann.owns("said early", "over HTTP", "over the socket again")
		})
	}
}

// With a clock that stands still no attempt is made by itself.
func TestBack_TheGuestNeedNotWait(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	for _, now := range []struct{ name, act string }{
		{"the button", "document.querySelector('#state button').click()"},
		{"a key", "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', bubbles: true}))"},
		{"the focus", "window.dispatchEvent(new Event('focus'))"},
		{"saying something", field + ".value = 'hello', " + field + ".form.requestSubmit()"},
	} {
		ann := newGuest(t, w, "Ann")
		ann.allow(awayNotes...)
		ann.ownClock()
		ann.openRoom("Back")
		ann.holdClock()
		ann.ctl("stop", "wsd:*")
		ann.passUntil(time.Second, "the button is there", "document.querySelector('#state button')?.checkVisibility()")
		if now.name == "the button" {
			ann.releaseClock()
			ann.look("room away")
			ann.holdClock()
		}
		ann.ctl("start", "wsd:*")
		ann.pass(3 * time.Second) // What the guest has done before counts once in a while.
		// An attempt that was under way may use this one up: then some time passes until the next.
		ann.passUntil(50*time.Millisecond, now.name+" brings it back", "(document.getElementById('state').dataset.state === 'live' || (void ("+now.act+"), false))")
	}
}

func TestClock_SetBackByADay_TheStateIsTrue(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	proxy := ann.through(t)
	ann.openRoom("Set back")
	proxy.refuse(true)
	proxy.cut()
	ann.awaitState("reconnecting")
	ann.passes(-24 * time.Hour)
	proxy.refuse(false)
	ann.awaitLive()
	ann.say("at last")
	ann.sees("at last")
}
