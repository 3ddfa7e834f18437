package web

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"testing"
	"time"

	"chatter/shared/wire"
)

func TestUnsigned_SayingIsNoVisit(t *testing.T) {
	site := newSite(t)
	ann := site.guest("Ann")
	doc := ann.get("/chat/x/").wantPage(http.StatusOK)
	site.spy.take()
	a := ann.post("/chat/x/", formOf(doc, "hello")).want(http.StatusSeeOther)
	ann.get(a.Header.Get("Location")).want(http.StatusOK)
	ann.get("/chat/x/log/").want(http.StatusOK)
	ann.post("/chat/x/", url.Values{"message": {""}, "nonce": {string(wire.NewNonce())}}).want(http.StatusUnprocessableEntity)
	if visited, used, _ := site.spy.take(); len(visited) > 0 || !slices.Equal(used, []string{"x"}) {
		t.Errorf("sending a message: %q are here, %q are used", visited, used)
	}
	// The next visit is one again.
	ann.get("/chat/x/").want(http.StatusOK)
	if visited, used, _ := site.spy.take(); !slices.Equal(visited, []string{"Ann"}) || len(used) > 0 {
		t.Errorf("a visit after the talk: %q are here, %q are used", visited, used)
	}
}

func TestUnsigned_OnlyTheRoomSpokenInIsLeftOut(t *testing.T) {
	site := newSite(t)
	ann := site.guest("Ann")
	say := url.Values{"message": {"hello"}, "nonce": {string(wire.NewNonce())}}
	a := ann.post("/chat/who%3F%20me/", say).want(http.StatusSeeOther)
	cookies := a.Cookies()
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].MaxAge <= 0 {
		t.Fatalf("cookies %v", cookies)
	}
	// This client compares the paths of cookies decoded, browsers as they are.
	ann.get("/chat/who%3F%20me/").want(http.StatusOK)
	if visited, _, _ := site.spy.take(); len(visited) > 0 {
		t.Errorf("the page after the form is a visit of %q", visited)
	}
	ann.get("/chat/other/").want(http.StatusOK)
	if visited, used, _ := site.spy.take(); !slices.Equal(visited, []string{"Ann"}) || len(used) > 0 {
		t.Errorf("another room: %q are here, %q are used", visited, used)
	}
}

func TestUnsigned_APageThatFailsAfterSayingIsNoVisitLater(t *testing.T) {
	site := newSite(t)
	ann := site.guest("Ann")
	ann.post("/chat/x/", url.Values{"message": {"hello"}, "nonce": {string(wire.NewNonce())}}).want(http.StatusSeeOther)
	site.redis.Close()
	ann.get("/chat/x/").want(http.StatusServiceUnavailable)
	if err := site.redis.Restart(); err != nil {
		t.Fatal(err)
	}
	ann.get("/chat/x/").want(http.StatusOK)
	if visited, _, _ := site.spy.take(); len(visited) > 0 {
		t.Errorf("visits of %q", visited)
	}
}

// blanked matches the parts of a page that differ from one run to the next.
var blanked = regexp.MustCompile(`\d{13}-\d+|datetime="[^"]*"|>\d\d:\d\d<|name="nonce" value="[^"]*"|127\.0\.0\.1:\d+`)

func TestUnsigned_AThirdGuestSeesTheSameWhoeverSpeaks(t *testing.T) {
	play := func(swapped bool) []string {
		site := newSite(t)
		site.at(time.Now().Truncate(time.Minute)) // the texts of the times stay, however long it takes
		first, second, third := site.guest("Ann"), site.guest("Bob"), site.guest("Eve")
		for _, b := range []*browser{first, second, third} {
			b.get("/chat/x/").want(http.StatusOK)
		}
		if swapped {
			first, second = second, first
		}
		var seen []string
		look := func() {
			for _, address := range []string{"/chat/x/", "/chat/x/messages/", "/chat/x/log/", "/index/"} {
				seen = append(seen, blanked.ReplaceAllString(third.get(address).want(http.StatusOK).body, "#"))
			}
		}
		for i, b := range []*browser{first, second, second, first} {
			doc := b.get("/chat/x/").wantPage(http.StatusOK)
			b.post("/chat/x/", formOf(doc, fmt.Sprintf("line %d", i))).want(http.StatusSeeOther)
			b.get("/chat/x/").want(http.StatusOK)
			look()
		}
		return seen
	}
	one, other := play(false), play(true)
	if !slices.Equal(one, other) {
		for i := range one {
			if one[i] != other[i] {
				t.Errorf("look %d differs:\n%s\n\n%s", i, one[i], other[i])
			}
		}
	}
}
