package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func readHistory(t *testing.T, a *answer) historyPage {
	t.Helper()
	a.want(http.StatusOK)
	if got := a.Header.Get("Content-Type"); got != "application/json" {
		t.Fatalf("content type %q", got)
	}
	var page historyPage
	d := json.NewDecoder(strings.NewReader(a.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&page); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	return page
}

func TestHistory_GoesBackPageByPage(t *testing.T) {
	site := newSite(t)
	var want []string
	for i := range 120 {
		want = append(want, fmt.Sprintf("m %d", i))
		site.say("who? me", want[i])
	}
	b := site.guest("Ann")
	const path = "/chat/who%3F%20me/messages/"
	doc := b.get("/chat/who%3F%20me/").wantPage(http.StatusOK)
	got := all(doc, "#log p")
	oldest, _ := doc.Find("#log li").First().Attr("data-id")
	sizes := []int{}
	for more := true; more; {
		page := readHistory(t, b.get(path+"?limit=30&before="+oldest))
		var texts []string
		for _, m := range page.Messages {
			texts = append(texts, m.Message)
		}
		got = append(texts, got...)
		sizes = append(sizes, len(texts))
		oldest, more = page.Messages[0].ID, page.More
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if !slices.Equal(sizes, []int{30, 30, 10}) {
		t.Errorf("pages of %v", sizes)
	}
	for query, want := range map[string]int{"": 50, "?limit=100": 100, "?limit=1": 1, "?before=" + oldest: 0, "?before=99999999999999-0&limit=3": 3} {
		if page := readHistory(t, b.get(path+query)); len(page.Messages) != want {
			t.Errorf("%q: %d messages, want %d", query, len(page.Messages), want)
		}
	}
}

func TestHistory_AnEmptyRoomHasAListAllTheSame(t *testing.T) {
	a := newSite(t).guest("Ann").get("/chat/x/messages/").want(http.StatusOK)
	if got := strings.TrimSpace(a.body); got != `{"messages":[],"more":false}` {
		t.Errorf("got %s", got)
	}
}

func TestHistory_EscapesNothing(t *testing.T) {
	site := newSite(t)
	id := site.say("x", "<b>&\n\"")
	a := site.guest("Ann").get("/chat/x/messages/").want(http.StatusOK)
	want := `{"messages":[{"id":"` + id.String() + `","message":"<b>&\n\""}],"more":false}`
	if got := strings.TrimSpace(a.body); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestHistory_ErrorsAreJSON(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	for _, tt := range []struct {
		b      *browser
		method string
		path   string
		status int
	}{
		{site.browser(), "GET", "/chat/x/messages/", 401},
		{b, "GET", "/chat/x/messages/?before=", 400},
		{b, "GET", "/chat/x/messages/?before=0", 400},
		{b, "GET", "/chat/x/messages/?before=1-01", 400},
		{b, "GET", "/chat/x/messages/?before=-1-1", 400},
		{b, "GET", "/chat/x/messages/?before=18446744073709551616-0", 400},
		{b, "GET", "/chat/x/messages/?after=", 400},
		{b, "GET", "/chat/x/messages/?after=5", 400},
		{b, "GET", "/chat/x/messages/?after=1-1&before=1-1", 400},
		{b, "GET", "/chat/x/messages/?limit=0", 400},
		{b, "GET", "/chat/x/messages/?limit=101", 400},
		{b, "GET", "/chat/x/messages/?limit=", 400},
		{b, "GET", "/chat/x/messages/?limit=1e1", 400},
		{b, "GET", "/chat/x/messages/?limit=99999999999999999999", 400},
		{b, "GET", "/chat/a%2Fb/messages/", 404},
		{b, "GET", "/chat/../messages/", 404},
		{b, "DELETE", "/chat/x/messages/", 405},
	} {
		a := tt.b.do(tt.method, tt.path, nil).want(tt.status)
		var got jsonError
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || got.Error == "" {
			t.Errorf("%s: %v: %s", tt.path, err, a.body)
		}
	}
	site.redis.Close()
	for _, query := range []string{"before=1-1", "after=1-1", "after=0"} {
		a := b.get("/chat/x/messages/?" + query).want(http.StatusServiceUnavailable)
		if a.Header.Get("Content-Type") != "application/json" || a.Header.Get("Retry-After") == "" {
			t.Errorf("%s without Redis: %v", query, a.Header)
		}
	}
}
