package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestIndex_NeedsASession(t *testing.T) {
	b := newSite(t).browser()
	b.get("/index/").wantRedirect(http.StatusSeeOther, "/")
	b.get("/chat/?room=..").wantRedirect(http.StatusSeeOther, "/")
}

func TestIndex_ListsTheRecents(t *testing.T) {
	site := newSite(t)
	end := site.publish("users", "Zoë", 0)
	site.publish("users", "Carl", 2*time.Hour)
	site.publish("rooms", "go fans", 0)
	site.publish("rooms", "100% sure?", 2*time.Hour)
	site.at(end.Add(time.Minute))

	doc := site.guest("Ann").get("/index/").wantPage(http.StatusOK)
	if got := all(doc, "#users bdi"); !slices.Equal(got, []string{"Ann", "Zoë", "Carl"}) {
		t.Errorf("users: %q", got)
	}
	if got := all(doc, "#rooms bdi"); !slices.Equal(got, []string{"go fans", "100% sure?"}) {
		t.Errorf("rooms: %q", got)
	}
	if got := all(doc, "#rooms time"); !slices.Equal(got, []string{"just now", "2 hours ago"}) {
		t.Errorf("times: %q", got)
	}
	if href, _ := doc.Find("#rooms a").Last().Attr("href"); href != "/chat/100%25%20sure%3F/" {
		t.Errorf("the room's link is %q", href)
	}
	if at, _ := doc.Find("#rooms time").First().Attr("datetime"); at != end.UTC().Format(time.RFC3339) {
		t.Errorf("datetime %q is not the end of the interval", at)
	}
	if socket, _ := doc.Find("main#index").Attr("data-socket"); socket != "/ws/index/" {
		t.Errorf("data-socket %q", socket)
	}
}

func TestIndex_EscapesNames(t *testing.T) {
	site := newSite(t)
	const nasty = `<img src=x onerror=a()>`
	site.publish("users", nasty+"2", 0)
	site.publish("rooms", `"><b>x<b>`, 0)
	a := site.guest(nasty).get("/index/")
	doc := a.wantPage(http.StatusOK)
	if got := all(doc, "#users bdi"); !slices.Equal(got, []string{nasty, nasty + "2"}) {
		t.Errorf("the names are shown as %q", got)
	}
	if own, _ := doc.Find("#users").Attr("data-own"); own != nasty {
		t.Errorf("the script gets the own name %q", own)
	}
	if got := textOf(doc, "#rooms bdi"); got != `"><b>x<b>` {
		t.Errorf("the room is shown as %q", got)
	}
	if doc.Find("main b, img[src=x]").Length() > 0 {
		t.Errorf("a name has become an element:\n%s", a.body)
	}
}

func TestEnter_GoesToTheRoom(t *testing.T) {
	site := newSite(t)
	for _, b := range []*browser{site.browser(), site.guest("Ann")} {
		for _, tt := range []struct{ room, want string }{
			{"general", "/chat/general/"},
			{"  Go   Fans ", "/chat/Go%20Fans/"},
			{"who? me & you #1 100%", "/chat/who%3F%20me%20&%20you%20%231%20100%25/"},
			{"سلام", "/chat/%D8%B3%D9%84%D8%A7%D9%85/"},
		} {
			b.get("/chat/?room="+url.QueryEscape(tt.room)).wantRedirect(http.StatusSeeOther, tt.want)
		}
		b.get("/chat/").wantRedirect(http.StatusSeeOther, "/index/")
	}
}

func TestEnter_ABadNameComesBackWithTheReason(t *testing.T) {
	b := newSite(t).guest("Ann")
	for _, room := range []string{"", " ", "a/b", ".", strings.Repeat("y", 26), "a\u200db", "\xff<b>"} {
		doc := b.get("/chat/?room=" + url.QueryEscape(room)).wantPage(http.StatusUnprocessableEntity)
		if textOf(doc, "#room-problem") == "" {
			t.Errorf("%q: no reason beside the field", room)
		}
		if got, _ := doc.Find("#room").Attr("value"); got != strings.ToValidUTF8(room, "\uFFFD") {
			t.Errorf("%q: the field holds %q", room, got)
		}
		if got := all(doc, "#users bdi"); !slices.Equal(got, []string{"Ann"}) {
			t.Errorf("%q: the index lists %q", room, got)
		}
	}
}
