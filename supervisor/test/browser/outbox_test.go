package browser_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

func TestState_TooManyAtOnceWaitForTheirTurn(t *testing.T) {
	t.Parallel()
	// So slow that no message is allowed again before the test ends, on a machine of any speed.
	const burst, rate = 3, "0.001"
	w := ownSite(t, "CHATTER_LIMITS=on", fmt.Sprintf("CHATTER_SAY_BURST=%d", burst), "CHATTER_SAY_RATE="+rate)
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	ann.openRoom("Hasty")
	said := numbered("in a hurry", burst+2)
	value[bool](ann, "("+js(said)+".forEach((text) => { "+field+".value = text; "+field+".form.requestSubmit(); }), true)")
	ann.until("it says how long", `/Not sent yet. Trying again in [\d,]+ seconds\./.test(document.querySelector('#outbox').innerText)`)
	wait := func() {
		t.Helper()
		ann.awaitWaiting(said[burst:]...)
		if seen := texts(ann.log()); !slices.Equal(seen, said[:burst]) {
			t.Errorf("in the log is %q", seen)
		}
	}
	wait()

	// The sockets' services forget who has said how much. The page still waits as long as it
	// was told.
	before := ann.opened()
	ann.ctl("restart", "wsd:*")
	ann.await("the page has got another socket", func(context.Context) (bool, error) { return ann.opened() > before, nil })
	ann.awaitLive()
	wait()
	ann.passes(20 * time.Minute)
	value[bool](ann, "window.dispatchEvent(new Event('online'))")
	ann.sees(said...)
}

func TestState_TheSecondsUntilTheNextAttemptGoBy(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	ann := newGuest(t, w, "Ann")
	ann.ownClock()
	ann.openRoom("Seconds")
	value[bool](ann, `(window.read = [], new MutationObserver(() => window.read.push(document.querySelector('#outcome').innerText))
		.observe(document.querySelector('#outcome'), {childList: true}), true)`)
	ann.allow(`status of 503 .*/index/$`) // the list beside the room
	ann.ctl("stop", "redis")
	ann.holdClock()
	ann.say("in a moment")
	ann.until("it says when it tries again", "document.querySelector('#outbox .waiting-state')?.innerText === 'Not sent yet. Trying again in 2 seconds.'")
	ann.pass(time.Second)
	ann.until("a second has gone by", "document.querySelector('#outbox .waiting-state')?.innerText === 'Not sent yet. Trying again in 1 second.'")
	ann.stateSays(`^Connected, but nothing can be stored just now\.$`)
	if read := value[[]string](ann, "window.read"); len(read) > 0 {
		t.Errorf("read out: %q", read)
	}
	ann.releaseClock()
	ann.look("room nothing stored")
	ann.ctl("start", "redis")
	ann.awaitLog(1)
	ann.stateSays("^Live$")
}

// A message that takes longer than usual is marked as being sent.
func TestState_WhatIsUnderWayForLongSaysSo(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	proxy := ann.through(t)
	ann.ownClock()
	ann.openRoom("Under way")
	ann.holdClock()
	proxy.silence()
	ann.say("hello?")
	const words = "document.querySelector('#outbox .waiting-state')"
	ann.until("it is under way, without words", words+"?.matches('.unseen')")
	ann.pass(1500 * time.Millisecond)
	if !value[bool](ann, words+".matches('.unseen')") {
		t.Error("it says so after a second and a half")
	}
	ann.pass(time.Second)
	ann.until("it says so", words+"?.checkVisibility() && document.querySelector('#outbox .waiting-state:not(.unseen)')?.innerText === 'Sending…'")
	ann.releaseClock()
	ann.look("room sending")
	proxy.speak()
	ann.awaitLog(1)
}

func TestState_ARefusedMessageSaysWhy(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.openRoom("Refused")
	ann.put("Z" + strings.Repeat("\u0301", 9))
	ann.enter()
	ann.until("it is refused", "document.querySelector('#outbox li[data-state=refused]')?.innerText.includes('It holds characters that cannot be sent.')")
	doors := value[[]string](ann, "Array.from(document.querySelectorAll('#outbox li button:not([hidden])'), (b) => b.innerText)")
	if !slices.Equal(doors, []string{"Edit", "Drop"}) { // It can only be refused again.
		t.Errorf("what can be done: %q", doors)
	}
	ann.look("room refused")
	ann.click("#outbox [data-do=edit]")
	ann.do("take all of it", chromedp.Evaluate[chromedp.Void]("void "+field+".select()"))
	ann.put("Z")
	ann.enter()
	if seen := ann.awaitLog(1); seen[0].Text != "Z" || !seen[0].Own {
		t.Errorf("said %v", seen)
	}
}

// The service has reasons that no page should give it, and words for programmers.
func TestState_ARefusalSpeaksTheGuestsLanguage(t *testing.T) {
	t.Parallel()
	w := site(t)
	b := newGuest(t, w, "Jürgen")
	b.speaks("de")
	b.openRoom("Abgelehnt")
	value[bool](b, `(() => {
		const {send} = WebSocket.prototype;
		WebSocket.prototype.send = function (frame) { send.call(this, frame.replace('new_message', 'whatever')); };
		return true;
	})()`)
	b.say("hallo")
	b.until("it is refused", "document.querySelector('#outbox li[data-state=refused] .waiting-state')?.innerText === "+
		js("Der Server hat es nicht verstanden. Lade die Seite neu und sende es dann noch einmal."))
}
