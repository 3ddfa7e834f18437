package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"chatter/shared/name"
)

func TestIndex_NeedsASession(t *testing.T) {
	b := newSite(t).browser()
	b.get("/index/").wantRedirect(http.StatusSeeOther, "/")
	b.get("/chat/?room=..").wantRedirect(http.StatusSeeOther, "/")
}

func TestIndex_ListsTheRecents(t *testing.T) {
	site := newSite(t)
	now := time.Now().Truncate(5 * time.Minute).Add(time.Minute)
	site.at(now)
	touch := func(user, room string, ago time.Duration) {
		u, err := name.ParseUser(user)
		if err != nil {
			t.Fatal(err)
		}
		b := site.client.Batch()
		site.recents.Touch(b, u, mustRoom(t, room), now.Add(-ago))
		if err := b.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	touch("Zoë", "go fans", 0)
	touch("Carl", "100% sure?", 2*time.Hour)

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
	if at, _ := doc.Find("#rooms time").First().Attr("datetime"); at != now.UTC().Truncate(5*time.Minute).Format(time.RFC3339) {
		t.Errorf("datetime %q is finer or coarser than the bucket", at)
	}
	if socket, _ := doc.Find("main#index").Attr("data-socket"); socket != "/ws/index/" {
		t.Errorf("data-socket %q", socket)
	}
}

func TestIndex_EscapesNames(t *testing.T) {
	site := newSite(t)
	const nasty = `<img src=x onerror=a()>`
	b := site.guest(nasty)
	b.get(mustRoom(t, `"><b>x<b>`).Path()).want(http.StatusOK)
	a := b.get("/index/")
	doc := a.wantPage(http.StatusOK)
	if got := textOf(doc, "#users bdi"); got != nasty {
		t.Errorf("the name is shown as %q", got)
	}
	if got := textOf(doc, "#rooms bdi"); got != `"><b>x<b>` {
		t.Errorf("the room is shown as %q", got)
	}
	if doc.Find("main b, img[src=x]").Length() > 0 {
		t.Errorf("a name has become an element:\n%s", a.body)
	}
}

func TestIndex_HEADRecordsNothing(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	a := b.do(http.MethodHead, "/index/", nil).want(http.StatusOK)
	if a.body != "" {
		t.Error("HEAD has a body")
	}
	if users, _ := site.recentNames(); len(users) > 0 {
		t.Errorf("HEAD recorded %q", users)
	}
	b.get("/index/").want(http.StatusOK)
	if users, _ := site.recentNames(); !slices.Equal(users, []string{"Ann"}) {
		t.Errorf("GET recorded %q", users)
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
