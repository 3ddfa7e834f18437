package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRoom_ArrivesUnharmedHoweverTheAddressIsSpelled(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	for _, tt := range []struct{ address, room string }{
		{"/chat/general/", "general"},
		{"/chat/go%20fans/", "go fans"},
		{"/chat/who%3F/", "who?"},
		{"/chat/100%25/", "100%"},
		{"/chat/a%2520b/", "a%20b"},
		{"/chat/%252F/", "%2F"},
		{"/chat/a%2Bb/", "a+b"},
		{"/chat/a+b/", "a+b"},
		{"/chat/it's/", "it's"},
		{"/chat/it%27s/", "it's"},
		{"/chat/go%2dfans/", "go-fans"},
		{"/chat/%23tag;x=1/", "#tag;x=1"},
		{"/chat/%D8%B3%D9%84%D8%A7%D9%85/", "سلام"},
		{"/chat/%f0%9f%98%80/", "😀"},
		{"/chat/messages/", "messages"},
		{"/chat/:room/", ":room"},
		{"/chat/*/", "*"},
		{"/chat/.../", "..."},
		{"/chat/%3Cscript%3E/", "<script>"},
		{`/chat/a%5Cb/`, `a\b`},
		{"/chat/%7B%7D%22/", `{}"`},
	} {
		doc := b.get(tt.address).wantPage(http.StatusOK)
		main := doc.Find("main#room")
		if got, _ := main.Attr("data-room"); got != tt.room {
			t.Errorf("%s: data-room %q, want %q", tt.address, got, tt.room)
		}
		if got := textOf(doc, "h1"); got != tt.room {
			t.Errorf("%s: heading %q, want %q", tt.address, got, tt.room)
		}
		path := mustRoom(t, tt.room).Path()
		for attr, want := range map[string]string{"data-socket": "/ws" + path, "data-history": path + "messages/"} {
			if got, _ := main.Attr(attr); got != want {
				t.Errorf("%s: %s %q, want %q", tt.address, attr, got, want)
			}
		}
		// The browser requests the address that the form names: resolve it.
		action, _ := doc.Find("form#say").Attr("action")
		u, err := url.Parse(action)
		if err != nil || u.Path != "/chat/"+tt.room+"/" {
			t.Errorf("%s: the form goes to %q (%v)", tt.address, action, err)
		}
	}
}

func TestRoom_AnotherSpellingIsRedirected(t *testing.T) {
	site := newSite(t)
	for _, b := range []*browser{site.browser(), site.guest("Ann")} {
		for _, tt := range []struct{ address, want string }{
			{"/chat/%20go%20%20fans/", "/chat/go%20fans/"},
			{"/chat/%EF%BC%A1%EF%BC%A2/", "/chat/AB/"}, // full-width letters
			{"/chat/cafe%CC%81/", "/chat/caf%C3%A9/"},
			{"/chat/go%20%20fans/messages/?before=1-1&limit=2", "/chat/go%20fans/messages/?before=1-1&limit=2"},
			{"/chat", "/chat/"},
			{"/chat?room=x", "/chat/?room=x"},
			{"/index", "/index/"},
			{"/chat/go%20fans", "/chat/go%20fans/"},
			{"/chat/a%2520b", "/chat/a%2520b/"},
			{"/chat/x/messages?before=1-1", "/chat/x/messages/?before=1-1"},
		} {
			b.get(tt.address).wantRedirect(http.StatusMovedPermanently, tt.want)
		}
	}
}

func TestRoom_AnImpossibleNameIsNotFound(t *testing.T) {
	site := newSite(t)
	for _, b := range []*browser{site.browser(), site.guest("Ann")} {
		for _, address := range []string{
			"/chat/a%2Fb/", "/chat/%2F/", "/chat/%2e%2e/", "/chat/%2e/", "/chat/%20/", "/chat//", "/chat/%00/",
			"/chat/%FF/", "/chat/" + strings.Repeat("x", 26) + "/", "/chat/" + strings.Repeat("%61", 26) + "/", "/chat/a%0Ab/",
		} {
			doc := b.get(address).wantPage(http.StatusNotFound)
			if got, _ := doc.Find("main#error").Attr("data-status"); got != "404" {
				t.Errorf("%s: page says %q", address, got)
			}
			b.post(address, url.Values{"message": {"x"}}).want(http.StatusNotFound)
		}
	}
}

func TestRoom_NeedsASession(t *testing.T) {
	b := newSite(t).browser()
	b.get("/chat/who%3F%20me&you/").wantRedirect(http.StatusSeeOther, "/?next=%2Fchat%2Fwho%253F%2520me%26you%2F")
	// And back again, through the form.
	doc := b.get("/?next=%2Fchat%2Fwho%253F%2520me%26you%2F").wantPage(http.StatusOK)
	next, _ := doc.Find("input[name=next]").Attr("value")
	b.post("/index/", url.Values{"user": {"Ann"}, "next": {next}}).wantRedirect(http.StatusSeeOther, "/chat/who%3F%20me&you/")
	b.get("/chat/who%3F%20me&you/").want(http.StatusOK)
}

func TestRoom_ShowsItsNewestMessages(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")

	main := b.get("/chat/x/").wantPage(http.StatusOK).Find("main#room")
	if got, _ := main.Attr("data-cursor"); got != "0" {
		t.Errorf("an empty room's cursor is %q", got)
	}

	var last, want50 = "", []string{}
	for i := range 51 {
		last = site.say("x", fmt.Sprintf("m %d", i)).String()
		if i > 0 {
			want50 = append(want50, fmt.Sprintf("m %d", i))
		}
	}
	site.say("y", "elsewhere")
	doc := b.get("/chat/x/").wantPage(http.StatusOK)
	if got := all(doc, "#log > li.message > p"); !slices.Equal(got, want50) {
		t.Errorf("messages: %q", got)
	}
	if got, _ := doc.Find("main#room").Attr("data-cursor"); got != last {
		t.Errorf("cursor %q, want %q", got, last)
	}
	if got, _ := doc.Find("main#room").Attr("data-more"); got != "true" {
		t.Errorf("data-more %q", got)
	}
	item := doc.Find("#log > li.message").Last()
	if got, _ := item.Attr("data-id"); got != last {
		t.Errorf("the last message's id is %q, want %q", got, last)
	}
	at, _ := item.Find("time").Attr("datetime")
	when, err := time.Parse(time.RFC3339, at)
	if err != nil || time.Since(when) > time.Hour {
		t.Errorf("datetime %q: %v", at, err)
	}
	if got := item.Find("time").Text(); got != when.UTC().Format("15:04") {
		t.Errorf("clock %q for %s", got, at)
	}
}

func TestRoom_ShowsTextAsTyped(t *testing.T) {
	site := newSite(t)
	texts := []string{`<script>alert(1)</script>`, "a\n  b\n\nc", "👩‍👩‍👧 سلام &amp; {{.User}}", strings.Repeat("é", 2000), "]]>--></p>"}
	for _, text := range texts {
		site.say("x", text)
	}
	doc := site.guest("Ann").get("/chat/x/").wantPage(http.StatusOK)
	if got := all(doc, "#log > li.message > p"); !slices.Equal(got, texts) {
		t.Errorf("messages: %q", got)
	}
	if doc.Find("script:not([src])").Length() > 0 {
		t.Error("a message has become a script")
	}
}

// A busy room forgets earlier than after a day.
func TestRoom_SaysHowMuchIsKept(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	for lang, numbers := range map[string][]string{"en": {"24 hours", "1,000"}, "de": {"24 Stunden", "1.000"}, "ar": {"24 ساعة", "1,000"}} {
		room := b.get("/chat/x/", "Accept-Language", lang).wantPage(http.StatusOK)
		frame := b.get("/chat/x/log/", "Accept-Language", lang).wantPage(http.StatusOK)
		for where, got := range map[string]string{
			"the log's beginning": textOf(room, "#start"), "its frame": textOf(frame, ".edge"),
		} {
			for _, number := range numbers {
				if !strings.Contains(got, number) {
					t.Errorf("%s, %s: %q is not in %q", lang, where, number, got)
				}
			}
			if strings.Contains(got, "{") {
				t.Errorf("%s, %s: a place is left in %q", lang, where, got)
			}
		}
	}
}

// Else a row would grow when the script starts.
func TestRoom_EmojiAreLargeFromTheFirst(t *testing.T) {
	site := newSite(t)
	for _, text := range []string{"hello 🙈", "🙈 🎉", "12"} {
		site.say("x", text)
	}
	b := site.guest("Ann")
	for _, path := range []string{"/chat/x/", "/chat/x/log/"} {
		rows := b.get(path).wantPage(http.StatusOK).Find("#log > li.message")
		if large := rows.Filter(".emoji"); rows.Length() != 3 || large.Length() != 1 || large.Find("p").Text() != "🙈 🎉" {
			t.Errorf("%s: %d rows, large %q", path, rows.Length(), large.Find("p").Text())
		}
	}
}
