package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"chatter/shared/capacity"
	"chatter/shared/redistest"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
)

// fullSite is a site on a real Redis whose fill can be set.
type fullSite struct {
	*testSite
	server *redistest.Server
	watch  *capacity.Watch
}

func newFullSite(t *testing.T) fullSite {
	server := redistest.Start(t)
	var watch *capacity.Watch
	site := newSiteOn(t, server.URL, func(c *Config) {
		watch = capacity.Start(c.Redis, slog.New(slog.DiscardHandler))
		c.Capacity = watch
		c.Log = roomlog.New(c.Redis, roomlog.Options{Patience: hangLimit, Capacity: watch})
	})
	t.Cleanup(func() {
		site.Site.Log.(*roomlog.Log).Close()
		watch.Close()
	})
	return fullSite{site, server, watch}
}

// fill makes this share of Redis's memory used, and waits until the site knows the step.
func (s fullSite) fill(share float64, step capacity.Step) {
	s.t.Helper()
	s.server.Fill(share)
	limit := time.After(hangLimit)
	for s.watch.Step() != step {
		select {
		case <-limit:
			s.t.Fatalf("at a share of %v the step is %v, want %v", share, s.watch.Step(), step)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestFull_RefusesInStepsAndAlwaysLetsRead(t *testing.T) {
	site := newFullSite(t)
	ann, nonces := site.guest("Ann"), 0
	site.say("used", "hello")
	say := func(room, text string) *answer {
		nonces++
		return ann.post("/chat/"+room+"/", url.Values{"message": {text}, "nonce": {fmt.Sprintf("%016d", nonces)}})
	}
	long := strings.Repeat("long ", capacity.MaxShortBytes)
	for i, tt := range []struct {
		share             float64
		step              capacity.Step
		notice            string
		short, long, room string // the key of why it is refused
	}{
		{0.5, capacity.Open, "", "", "", ""},
		{0.85, capacity.NoNewNames, "full.names", "", "", ""},
		{0.92, capacity.NoNewRooms, "full.rooms", "", "", "say.full_rooms"},
		{0.97, capacity.ShortTexts, "full.short", "", "say.full_short", "say.full_rooms"},
		{1.1, capacity.Exhausted, "full.all", "say.full", "say.full_short", "say.full_rooms"},
	} {
		site.fill(tt.share, tt.step)
		for _, l := range languages(t) {
			want := ""
			if tt.notice != "" {
				want = l.Text(tt.notice, "most", capacity.MaxShortBytes)
			}
			for _, path := range []string{"/", "/index/", "/chat/used/", "/chat/never-used/", "/privacy/"} {
				doc := ann.get(path, "Accept-Language", l.Lang).wantPage(http.StatusOK)
				if got := textOf(doc, ".notice"); got != want {
					t.Errorf("at %v %s says %q, want %q", tt.share, path, got, want)
				}
			}
		}
		if got := all(ann.get("/chat/used/").wantPage(http.StatusOK), "#log p"); len(got) == 0 {
			t.Errorf("at %v the room shows no messages", tt.share)
		}
		if a := ann.get("/chat/used/messages/").want(http.StatusOK); !strings.Contains(a.body, "hello") {
			t.Errorf("at %v the history is %s", tt.share, a.body)
		}
		for _, try := range []struct{ room, text, key string }{
			{"used", "short", tt.short}, {"used", long, tt.long}, {fmt.Sprint("new", i), "short", tt.room},
		} {
			a := say(try.room, try.text)
			if try.key == "" {
				a.wantRedirect(http.StatusSeeOther, "/chat/"+try.room+"/")
				continue
			}
			doc := a.wantPage(http.StatusServiceUnavailable)
			want := languages(t)[0].Text(try.key, "most", capacity.MaxShortBytes)
			if got := textOf(doc, "#say-problem"); got != want {
				t.Errorf("at %v: %q, want %q", tt.share, got, want)
			}
			if typed := textOf(doc, "#message"); typed != strings.TrimSpace(try.text) {
				t.Errorf("at %v: the form keeps %q", tt.share, typed)
			}
			if seconds, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || seconds < 20 || seconds > 40 {
				t.Errorf("at %v: Retry-After %q", tt.share, a.Header.Get("Retry-After"))
			}
			a = ann.sayJSON("/chat/"+try.room+"/", sayForm(try.text))
			got := readJSON[refusal](t, a, http.StatusServiceUnavailable)
			if got.Code != wire.CodeFull || got.Detail != want || got.RetryAfter < 20 || got.RetryAfter > 40 {
				t.Errorf("at %v a script gets %+v", tt.share, got)
			}
		}
	}
}

func TestFull_NewNamesAreRefusedAndListedOnesComeIn(t *testing.T) {
	site := newFullSite(t)
	ann := site.guest("Ann")
	site.publish("users", "Bob", 0)
	site.fill(0.85, capacity.NoNewNames)
	for _, path := range []string{"/index/", "/chat/x/"} {
		ann.get(path).want(http.StatusOK) // a guest with a session goes on
	}
	ann.post("/index/", url.Values{"user": {"ann"}}).wantRedirect(http.StatusSeeOther, "/index/")
	site.browser().post("/index/", url.Values{"user": {"BOB"}}).wantRedirect(http.StatusSeeOther, "/index/")

	eve := site.browser()
	a := eve.post("/index/", url.Values{"user": {"Eve"}, "next": {"/chat/x/"}})
	doc := a.wantPage(http.StatusServiceUnavailable)
	user, _ := doc.Find("input[name=user]").Attr("value")
	next, _ := doc.Find("input[name=next]").Attr("value")
	if user != "Eve" || next != "/chat/x/" || textOf(doc, "#user-problem") != languages(t)[0].Text("name.full") || a.Header.Get("Retry-After") == "" {
		t.Errorf("the form keeps %q and %q and says %q", user, next, textOf(doc, "#user-problem"))
	}
	if len(a.Cookies()) > 0 {
		t.Error("a refused guest gets a cookie")
	}
	if n := site.watch.Refused(capacity.NoNewNames); n != 1 {
		t.Errorf("%d refusals are counted", n)
	}
	site.fill(0.5, capacity.Open)
	eve.post("/index/", url.Values{"user": {"Eve"}}).wantRedirect(http.StatusSeeOther, "/index/")
}

// A message that is stored is not refused when the form is sent again.
func TestFull_AStoredMessageIsKnown(t *testing.T) {
	site := newFullSite(t)
	ann := site.guest("Ann")
	form := url.Values{"message": {"hello"}, "nonce": {string(wire.NewNonce())}}
	ann.post("/chat/x/", form).want(http.StatusSeeOther)
	site.fill(1.1, capacity.Exhausted)
	ann.post("/chat/x/", form).want(http.StatusSeeOther)
}
