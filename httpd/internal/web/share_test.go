package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

func TestShare_AsksForTheRoomAndFillsItsField(t *testing.T) {
	site := newSite(t)
	site.publish("rooms", "Tea & <b>", 0)
	ann := site.guest("Ann")
	const text = "Look: \"this\" <i>&\nhttps://example.org/a?b=c&d"
	query := url.Values{"title": {"Look: \"this\" <i>&"}, "text": {""}, "url": {"https://example.org/a?b=c&d"}}
	doc := ann.get("/share/?" + query.Encode()).wantPage(http.StatusOK)
	if got := doc.Find(".shared").Text(); got != text {
		t.Errorf("the page shows %q", got)
	}
	if action, _ := doc.Find("form.card").Attr("action"); action != "/chat/" {
		t.Errorf("the form goes to %q", action)
	}
	room, _ := doc.Find(".share-rooms button").Attr("value")
	fields := url.Values{"room": {room}}
	for _, form := range []string{"form.card", ".share-rooms"} {
		hidden, _ := doc.Find(form + " [name=text]").Attr("value")
		if hidden != text {
			t.Errorf("%s has %q", form, hidden)
		}
		fields.Set("text", hidden)
	}
	a := ann.get("/chat/?" + fields.Encode()).want(http.StatusSeeOther)
	to := a.Header.Get("Location")
	if !strings.HasPrefix(to, "/chat/Tea%20&%20%3Cb%3E/?text=") {
		t.Fatalf("it leads to %q", to)
	}
	doc = ann.get(to).wantPage(http.StatusOK)
	if got := textOf(doc, "#message"); got != text {
		t.Errorf("the field has %q", got)
	}
	if got := site.texts(room); len(got) > 0 {
		t.Errorf("said by itself: %q", got)
	}
}

func TestShare_JoinsEachPartOnceAndCutsLongTexts(t *testing.T) {
	for _, tt := range []struct {
		title, text, url, want string
	}{
		{"", " x ", "", "x"},
		{"Title", "Title https://example.org/", "https://example.org/", "Title\nTitle https://example.org/"},
		{"https://example.org/", "https://example.org/", "https://example.org/", "https://example.org/"},
		{"", "a\xffb", "", "a\uFFFDb"},
		{"", strings.Repeat("é", wire.MaxTextBytes), "", strings.Repeat("é", wire.MaxTextBytes/2)},
		{"", "x" + strings.Repeat("é", wire.MaxTextBytes), "", "x" + strings.Repeat("é", wire.MaxTextBytes/2-1)},
	} {
		got := sharedText(url.Values{"title": {tt.title}, "text": {tt.text}, "url": {tt.url}})
		if got != tt.want {
			t.Errorf("%+v: %q", tt, got)
		}
	}
}

func TestShare_WithoutASessionOrAText(t *testing.T) {
	site := newSite(t)
	site.browser().get("/share/?text=a+b").wantRedirect(http.StatusSeeOther, "/?next="+url.QueryEscape("/share/?text=a+b"))
	site.guest("Ann").get("/share/?text=+").wantRedirect(http.StatusSeeOther, "/index/")
	site.guest("Ann").get("/share?text=x").wantRedirect(http.StatusMovedPermanently, "/share/?text=x")
}

func TestIndex_AsJSON(t *testing.T) {
	site := newSite(t)
	site.publish("users", "Zoë <b>", 0)
	site.publish("rooms", "go fans", 0)
	ann := site.guest("Ann")
	site.spy.take()
	a := ann.get("/index/", "Accept", "application/json").want(http.StatusOK)
	var got recentNames
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(recentNames{[]string{"Zoë <b>"}, []string{"go fans"}}, got); diff != "" {
		t.Errorf("lists (-want +got):\n%s", diff)
	}
	if a.Header.Get("Content-Type") != "application/json" || !slices.Contains(a.Header.Values("Vary"), "Accept") {
		t.Errorf("headers %v", a.Header)
	}
	// A page asks by itself: the guest is not there for that.
	if visited, used, _ := site.spy.take(); len(visited)+len(used) > 0 {
		t.Errorf("%q are here, %q are used", visited, used)
	}
	// The same for everybody, also for a guest who is in the lists.
	if b := site.guest("Zoë <b>").get("/index/", "Accept", "application/json").want(http.StatusOK); b.body != a.body {
		t.Errorf("another guest gets %s", b.body)
	}
	site.browser().get("/index/", "Accept", "application/json").want(http.StatusUnauthorized)
	empty := newSite(t).guest("Ann").get("/index/", "Accept", "application/json").want(http.StatusOK)
	if empty.body != `{"users":[],"rooms":[]}`+"\n" {
		t.Errorf("empty lists: %s", empty.body)
	}
}
