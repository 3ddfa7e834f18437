package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"chatter/shared/origin"
	"chatter/shared/wire"
)

func TestUnlisted_EachRoomIsANewOne(t *testing.T) {
	site := newSite(t)
	ann := site.guest("Ann")
	form := ann.get("/index/").wantPage(http.StatusOK).Find("button[form=unlisted]")
	name, _ := form.Attr("name")
	value, _ := form.Attr("value")
	seen := make(map[string]bool)
	for range 100 {
		location := ann.get("/chat/?" + url.Values{name: {value}}.Encode()).want(http.StatusSeeOther).Header.Get("Location")
		if !regexp.MustCompile(`^/chat/~[a-z2-7]{4}(-[a-z2-7]{4}){3}/$`).MatchString(location) || seen[location] {
			t.Fatalf("leads to %q, after %d others", location, len(seen))
		}
		seen[location] = true
		if len(seen) == 1 {
			ann.get(location).wantPage(http.StatusOK)
		}
	}
	site.browser().get("/chat/?unlisted=1").want(http.StatusSeeOther)
}

// Nothing that others can ask for tells of it.
func TestUnlisted_WhatIsSaidThereMovesNothing(t *testing.T) {
	site := newSite(t)
	ann := site.guest("Ann")
	say := func(room, text string) {
		t.Helper()
		path := mustRoom(t, room).Path()
		ann.post(path, url.Values{"message": {text}, "nonce": {string(wire.NewNonce())}}).wantRedirect(http.StatusSeeOther, path)
	}
	say("~hideout", "hello")
	if texts := site.texts("~hideout"); len(texts) != 1 {
		t.Fatalf("the room has %q", texts)
	}
	if saved, err := site.spy.presence.(interface{ Save() ([]byte, error) }).Save(); err != nil || strings.Contains(string(saved), "hideout") {
		t.Errorf("to be published: %s, %v", saved, err)
	}
	say("tearoom", "hello")
	if saved, err := site.spy.presence.(interface{ Save() ([]byte, error) }).Save(); err != nil || !strings.Contains(string(saved), "tearoom") {
		t.Errorf("to be published: %s, %v", saved, err)
	}
}

func TestRoom_ItsPageTellsWhetherItIsListed(t *testing.T) {
	site := newSite(t)
	ann := site.guest("Ann")
	for path, want := range map[string]struct {
		says string
		open int // QR codes that are shown at once, without scripts one
	}{
		"/chat/x/":  {"see the name of this room", 0},
		"/chat/~x/": {"in no list", 2},
	} {
		doc := ann.get(path, "Accept-Language", "en").wantPage(http.StatusOK)
		for _, part := range []string{"#about", ".nobody"} {
			if got := textOf(doc, part+" .invite > .hint:not([role])"); !strings.Contains(got, want.says) {
				t.Errorf("%s, %s: says %q, want %q", path, part, got, want.says)
			}
		}
		if n := doc.Find(".invite details[open] .qr").Length(); n != want.open {
			t.Errorf("%s: %d codes are open, want %d", path, n, want.open)
		}
	}
	site.say("~x", "hello")
	if n := ann.get("/chat/~x/").wantPage(http.StatusOK).Find(".invite details[open]").Length(); n != 0 {
		t.Error("a room with messages shows its code")
	}
}

func TestRoom_WithoutScriptsAnEmptyOneOffersItsAddress(t *testing.T) {
	site := newSite(t)
	ann := site.guest("Ann")
	plain := func(a *answer) string { return textOf(a.wantPage(a.StatusCode), "main > noscript") }
	if got := plain(ann.get("/chat/~x/")); !strings.Contains(got, `class="address"`) || !strings.Contains(got, `src="/chat/~x/qr/"`) {
		t.Errorf("an empty room: %s", got)
	}
	site.say("~x", "hello")
	if got := plain(ann.get("/chat/~x/")); strings.Contains(got, "address") || !strings.Contains(got, "<iframe") {
		t.Errorf("a room with messages: %s", got)
	}
	// Nobody knows whether it is empty.
	site.redis.Close()
	site.impatient()
	a := ann.post("/chat/~y/", url.Values{"message": {"hello"}, "nonce": {string(wire.NewNonce())}}).want(http.StatusServiceUnavailable)
	if got := plain(a); strings.Contains(got, "address") {
		t.Errorf("a room that cannot be read: %s", got)
	}
}

func TestAddress_IsShownReadableAndCopiedEncoded(t *testing.T) {
	public, err := origin.Parse("https://xn--caf-dma.example:8443")
	if err != nil {
		t.Fatal(err)
	}
	site := newSite(t, func(c *Config) { c.Public = public })
	ann := site.guest("Ann")
	link := ann.get("/chat/Go%20Fans%20%D8%B4%D8%A7%D9%8A/").wantPage(http.StatusOK).Find("#about .address")
	if got, want := link.Text(), "café.example:8443/chat/Go Fans شاي/"; got != want {
		t.Errorf("shown %q, want %q", got, want)
	}
	if got, _ := link.Attr("href"); got != "https://xn--caf-dma.example:8443/chat/Go%20Fans%20%D8%B4%D8%A7%D9%8A/" {
		t.Errorf("copied %q", got)
	}
}
