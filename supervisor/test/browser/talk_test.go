package browser_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every one of these has a way of its own to arrive as something else.
var trickyTexts = []string{
	"<script>alert(1)</script>",
	"&lt;b&gt; is not <b>bold</b>, nor is <img src=x onerror=alert(2)>",
	"👋🏽 👩‍👩‍👧‍👦 🇺🇦 🏴‍☠️",
	"مرحبا، كيف حالك اليوم؟",
	"اسمي Ann (أنا هنا) 123!",
	"two\nlines, and  two  spaces\n\n\tand a tab",
	`{"command":"new_message","message":"\u003c"} \n '"` + "`${1}`",
	"e\u0301 ö 中文 ไทย \u200f\u202eend",
	"see https://example.org/a?b=<c>&d=é#f, please.",
}

func TestTalk_TwoGuests(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "100% tea? 🍵 & شاي"
	ann := newGuest(t, w, "Ann")
	ben := newGuest(t, w, "Ben بن")

	// Each sees the other's name; who was there first, without a reload.
	ann.until("Ben's name appears", "document.querySelector('#users').innerText.includes('Ben بن')")
	ben.until("Ann's name is there", "document.querySelector('#users').innerText.includes('Ann')")

	ann.do("look at the room field", focusOn("#room"))
	ann.put(room)
	ann.enter()
	ann.until("Ann is in the room", "document.querySelector('#room')?.dataset.room === "+js(room))
	ann.awaitLive()
	var all []string
	speakers := []*tab{ann, ben}
	say := func(i int, text string) {
		speakers[i%2].say(text)
		all = append(all, text)
	}
	say(0, trickyTexts[0]) // The index lists rooms in which something was said.
	ben.until("the room appears", "document.querySelector('#rooms').innerText.includes("+js(room)+")")
	// Not with the mouse: rooms of other tests come and move the line away under it.
	ben.do("look at the room's link", focusOn("#rooms li[data-name="+js(room)+"] a"))
	dan := newGuest(t, w, "Dan دان") // The list changes; whoever goes through it with the keyboard keeps their place.
	ben.until("Dan's name appears", "document.querySelector('#users').innerText.includes('Dan دان')")
	dan.openRoom("A room before it")
	dan.say("hello")
	ben.until("Dan's room appears", "document.querySelector('#rooms').innerText.includes('A room before it')")
	ben.enter()
	ben.until("Ben is in the room", "document.querySelector('#room')?.dataset.room === "+js(room)) // the index is live, too
	ben.awaitLive()
	for _, b := range []*tab{ann, ben} {
		if heading := value[string](b, "document.querySelector('h1').innerText"); heading != room {
			t.Errorf("%s is in %q", b.who, heading)
		}
	}

	for i, text := range trickyTexts[1:] {
		say(i+1, text)
		ann.awaitLog(len(all))
		ben.awaitLog(len(all))
	}
	long := strings.Repeat("0123456789 abcdefgh ", 99) + "exactly 2,000 chars."
	if len(long) != 2000 {
		t.Fatalf("%d characters", len(long))
	}
	say(0, long)
	// Nobody waits for the other.
	for i := range 8 {
		say(i, fmt.Sprintf("%d of both at once", i))
	}

	for _, b := range speakers {
		seen := texts(b.awaitLog(len(all)))
		// At once, the log decides who was first.
		slices.Sort(seen[len(trickyTexts):])
		want := slices.Clone(all)
		slices.Sort(want[len(trickyTexts):])
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("%s sees what was not said:\n%s", b.who, diff)
		}
	}
	same(t, ann, ben)
	for i, b := range speakers {
		var own []string
		for _, m := range b.log() {
			if m.Own {
				own = append(own, m.Text)
			}
		}
		var want []string
		for k, text := range trickyTexts {
			if k%2 == i {
				want = append(want, text)
			}
		}
		if i == 0 {
			want = append(want, long)
		}
		for k := i; k < 8; k += 2 {
			want = append(want, fmt.Sprintf("%d of both at once", k))
		}
		if diff := cmp.Diff(want, own); diff != "" {
			t.Errorf("%s takes for %s own, in order:\n%s", b.who, b.who, diff)
		}
	}
	ann.until("the link is there", "document.querySelector('.log p a')")
	if tags := value[[]string](ann, "[...new Set(Array.from(document.querySelectorAll('.log p *'), (e) => e.localName))]"); slices.ContainsFunc(tags, func(tag string) bool { return tag != "a" && tag != "span" }) {
		t.Errorf("elements inside messages: %q", tags)
	}
	if link := value[string](ann, "document.querySelector('.log p a').href"); link != "https://example.org/a?b=" {
		t.Errorf("link to %s", link)
	}

	before := texts(ann.log())
	ann.reload()
	ann.awaitLive()
	if diff := cmp.Diff(before, texts(ann.awaitLog(len(all)))); diff != "" {
		t.Errorf("after a reload:\n%s", diff)
	}
	same(t, ann, ben)

	second := ann.another(t)
	second.openRoom(room)
	same(t, second, ben)
	second.say("from the second tab")
	ben.say("seen in both")
	all = append(all, "from the second tab", "seen in both")
	for _, b := range []*tab{ann, second, ben} {
		b.awaitLog(len(all))
	}
	same(t, ann, ben)
	same(t, second, ben)

	for _, b := range []*tab{ann, ben, second} {
		if cookies := value[string](b, "document.cookie"); cookies != "" {
			t.Errorf("scripts of %s can read %q", b.who, cookies)
		}
	}
	ann.signOut()
	ann.until("Ann is asked for a name", "location.pathname === '/' && document.readyState === 'complete'")
	if known := value[bool](ann, "Boolean(document.querySelector('.account, .known'))"); known {
		t.Error("signed out, and still known")
	}
	if kept := value[int](ann, "sessionStorage.length"); kept != 0 {
		t.Errorf("signed out, and %d things are kept in the tab", kept)
	}
	second.reload()
	second.until("her other tab too", "location.pathname === '/' && location.search.startsWith('?next=')")
	second.signIn()
	second.awaitLive()
	same(t, second, ben)
}
