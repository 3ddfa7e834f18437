package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// The next guest at a screen must not see which messages the last one has sent, what was
// being typed, nor send what waited. However the one has gone and the other come.
func TestScreen_KeepsNothingForTheNextGuest(t *testing.T) {
	t.Parallel()
	w := site(t)
	for name, leave := range map[string]func(b *tab){
		"at the door": func(b *tab) {
			b.open("/")
			b.click("#signout button")
			b.until("signed out", "document.readyState === 'complete' && !document.querySelector('.account')")
		},
		"at an error page": func(b *tab) {
			b.allow(`status of 404 `)
			b.open("/chat/a%2Fb/")
			b.click("#signout button")
			b.until("signed out", "document.readyState === 'complete' && !document.querySelector('.account')")
		},
		"by another name": func(b *tab) { b.open("/") },
		"elsewhere": func(b *tab) {
			// Signed out where no script of this tab can see it.
			b.do("sign out elsewhere", chromedp.Evaluate[chromedp.Void]("void fetch('/signout/', {method: 'POST'}).then(() => { window.gone = true; })"))
			b.until("signed out", "window.gone === true")
			b.open("/")
		},
	} {
		t.Run(name, func(t *testing.T) {
			room := "Screen " + name
			ann := newGuest(t, w, "Ann")
			ann.openRoom(room)
			ann.say("mine")
			if m := ann.awaitLog(1); !m[0].Own {
				t.Fatal("Ann's own message is not marked")
			}
			ann.do("look at the field", focusOn("#message"))
			ann.put("half a sentence")
			ann.until("the draft is kept", "Object.keys(sessionStorage).some((key) => key.startsWith('chatter.draft'))")
			leave(ann)

			ann.name = "Ben"
			ann.signIn()
			ann.openRoom(room)
			if m := ann.awaitLog(1); m[0].Own {
				t.Error("Ben sees which message was Ann's")
			}
			if text := value[string](ann, "document.querySelector('#message').value"); text != "" {
				t.Errorf("Ben finds what Ann was typing: %q", text)
			}
		})
	}
}

// A name that is refused changes nothing. The next one that is taken does.
func TestScreen_KeepsWhatAGuestHadWhenANameIsRefused(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Refused name"
	ann := newGuest(t, w, "Ann")
	ann.allow(`status of 422 .*/index/`)
	ann.leavesAMessageAndADraft(room)
	ann.open("/")
	ann.until("the name is asked for", "document.activeElement.id === 'user'")
	ann.put("a/b")
	ann.enter()
	ann.until("the name is refused", "document.querySelector('#user-problem')")
	ann.findsAMessageAndADraft(room)
	ann.open("/")
	ann.name = "Ben"
	ann.signIn()
	if kept := value[bool](ann, "Object.keys(sessionStorage).some((key) => /^chatter\\.(draft|own):/.test(key))"); kept {
		t.Errorf("Ben's tab has %s", value[string](ann, "JSON.stringify(sessionStorage)"))
	}
}

// One room has several spellings. What a guest left there is there by any of them.
func TestScreen_KnowsARoomByAnySpelling(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room, shouted = "Many spellings", "MANY SPELLINGS"
	ann := newGuest(t, w, "Ann")
	ann.leavesAMessageAndADraft(room)
	ann.until("the draft is kept", "Object.keys(sessionStorage).some((key) => key.startsWith('chatter.draft'))")
	ann.findsAMessageAndADraft(shouted)
}

// When a guest signs out in one tab, the others show nothing of the guest either. A guest who comes
// back finds it again.
func TestScreen_HidesInEachTabWhatWasTheGuests(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room, draft = "Other tabs", "half a sentence"
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	ann.say("mine")
	ann.awaitLog(1)
	ann.owns("mine")
	ann.do("look at the field", focusOn("#message"))
	ann.put(draft)
	other := ann.another(t)
	other.openRoom(room)
	other.signOut()
	ann.awaitState("signedout")
	ann.owns()
	if hints := value[int](ann, "document.querySelectorAll('.yours, [data-own]').length"); hints != 0 {
		t.Errorf("%d hints tell which message was Ann's", hints)
	}
	if text := value[string](ann, field+".value"); text != "" {
		t.Errorf("the field has %q", text)
	}
	ann.click("#state a")
	ann.signIn()
	ann.awaitLive()
	ann.owns("mine")
	if text := value[string](ann, field+".value"); text != draft {
		t.Errorf("the draft is %q", text)
	}
}

func TestScreen_HidesInEachTabWhatWaits(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Other tabs, waiting"
	ann := newGuest(t, w, "Ann")
	ann.ownClock()
	ann.openRoom(room)
	ann.holdClock() // so that it waits until she is out
	ann.sayLater("for later")
	ann.until("it waits", laterState)
	other := ann.another(t)
	other.openRoom(room)
	other.signOut()
	ann.releaseClock()
	ann.awaitState("signedout")
	if text := value[string](ann, "document.querySelector('#outbox').innerText"); text != "" {
		t.Errorf("what waits is shown: %q", text)
	}
	ann.click("#state a")
	ann.signIn()
	ann.until("it is there again", "document.querySelector('#column').innerText.includes('for later')")
}

// leavesAMessageAndADraft says something in a room and begins the next message.
func (b *tab) leavesAMessageAndADraft(room string) {
	b.Helper()
	b.openRoom(room)
	b.say("mine")
	b.awaitLog(1)
	b.do("look at the field", focusOn("#message"))
	b.put("half a sentence")
}

// findsAMessageAndADraft checks that the room shows both as the guest's own.
func (b *tab) findsAMessageAndADraft(room string) {
	b.Helper()
	b.openRoom(room)
	if m := b.awaitLog(1); !m[0].Own {
		b.Error("the own message is not marked")
	}
	if text := value[string](b, "document.querySelector('#message').value"); text != "half a sentence" {
		b.Errorf("the draft is %q", text)
	}
}
