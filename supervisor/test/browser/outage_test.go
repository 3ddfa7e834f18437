package browser_test

import (
	"regexp"
	"slices"
	"testing"
)

func TestSocketsAway_ThePageSaysSoAndKeepsWhatIsSaid(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	const room = "Away"
	ann, ben := newGuest(t, w, "Ann"), newGuest(t, w, "Ben")
	guests := []*tab{ann, ben}
	for _, b := range guests {
		b.allow(awayNotes...)
		b.openRoom(room)
	}
	ann.say("before")
	for _, b := range guests {
		b.awaitLog(1)
		if states := b.states(); !regexp.MustCompile(`^(connecting )?live$`).MatchString(states) {
			t.Errorf("%s was shown %s", b.who, states)
		}
	}

	ann.ctl("stop", "wsd:*")
	for _, b := range guests {
		b.awaitState("reconnecting")
	}
	ann.say("said by Ann meanwhile")
	ben.say("said by Ben meanwhile")
	for _, b := range guests {
		b.until("it waits in sight", "document.querySelector('#outbox').innerText.includes('said by "+b.who+" meanwhile')")
	}
	ann.look("reconnecting")
	// The pages are served by others: a reload shows the log, and what waits too.
	ann.reload()
	ann.until("it still waits", "document.querySelector('#outbox').innerText.includes('said by Ann meanwhile')")
	if seen := texts(ann.log()); !slices.Equal(seen, []string{"before"}) {
		t.Errorf("in the log is %q", seen)
	}
	ann.awaitState("reconnecting")
	if states := ann.states(); regexp.MustCompile(`live`).MatchString(states) {
		t.Errorf("without a socket Ann is shown %s", states)
	}

	ann.ctl("start", "wsd:*")
	for _, b := range guests {
		b.awaitLive()
		b.awaitLog(3)
	}
	same(t, ann, ben)
	if states := ben.states(); !regexp.MustCompile(`^(connecting )?live (connecting |reconnecting )*reconnecting (connecting )?live$`).MatchString(states) {
		t.Errorf("Ben was shown %s", states)
	}
}

func TestPagesAway_NginxWaitsForThem(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	const room = "Waiting room"
	ann, cat := newGuest(t, w, "Ann"), withoutScripts(t, w, "Cat")
	ann.openRoom(room)
	cat.open(roomPath(room))
	for _, b := range []*tab{ann, cat} {
		b.allow(awayNotes...)
	}

	ann.ctl("stop", "httpd:*")
	// Guests in a room notice nothing.
	ann.say("still here")
	ann.awaitLog(1)
	if status := ann.open(roomPath(room)); status != 502 {
		t.Errorf("status %d", status)
	}
	ann.until("nginx says what it waits for", "document.querySelector('h1').innerText === 'Back in a moment'")
	ann.look("waiting")
	// The guest's own choice of colours holds here too.
	ann.colours("light")
	value[bool](ann, "(localStorage.setItem('chatter.theme', 'dark'), true)")
	ann.open(roomPath(room))
	ann.until("it is dark", "getComputedStyle(document.body).backgroundColor === 'rgb(15, 21, 19)'")
	value[bool](ann, "(localStorage.removeItem('chatter.theme'), true)")
	ann.colours("")
	// A form that does not get through is not sent again behind the guest's back.
	cat.do("look at the field", focusOn("#message"))
	cat.put("from the form")
	cat.click("#say button")
	cat.until("nginx says that it did not get through", "document.querySelector('h1')?.innerText === 'That did not get through'")
	cat.look("unsent")

	ann.ctl("start", "httpd:*")
	ann.until("the room is back by itself", "document.querySelector('#room')")
	ann.awaitLive()
	cat.reload() // The browser sends the form once more.
	cat.until("the room is back", "document.querySelector('#room')")
	for _, b := range []*tab{ann, cat} {
		if seen := texts(b.awaitLog(2)); !slices.Equal(seen, []string{"still here", "from the form"}) {
			t.Errorf("%s sees %q", b.who, seen)
		}
	}
}

func TestMemoryAway_ThePageWaitsForIt(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	const room = "Memory"
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	ann.say("kept")
	ann.awaitLog(1)
	ann.allow(`status of 503 `)

	ann.ctl("stop", "redis")
	ann.say("said without a memory")
	if status := ann.open(roomPath(room)); status != 503 {
		t.Errorf("status %d", status)
	}
	ann.until("the page says so", "document.querySelector('#error')?.dataset.status === '503'")
	ann.look("error 503")

	ann.ctl("start", "redis")
	ann.until("the room is back by itself", "document.querySelector('#room')")
	ann.awaitLive()
	if seen := texts(ann.awaitLog(2)); !slices.Equal(seen, []string{"kept", "said without a memory"}) {
		t.Errorf("Ann sees %q", seen)
	}
}
