package web

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/recent"
	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/roomlog"
	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

func TestVisit_PagesForAGuestWhoLooks(t *testing.T) {
	site := newSite(t)
	ann := site.guest("Ann")
	for _, tt := range []struct {
		method, path string
		header       []string
		status       int
		visit        bool
	}{
		{"GET", "/index/", nil, 200, true},
		{"GET", "/chat/x/", nil, 200, true},
		{"GET", "/chat/?room=..", nil, 422, true},
		{"HEAD", "/index/", nil, 200, false},
		{"HEAD", "/chat/x/", nil, 200, false},
		{"GET", "/index/", []string{"Sec-Purpose", "prefetch"}, 200, false},
		{"GET", "/chat/x/", []string{"Sec-Purpose", "prefetch;prerender"}, 200, false},
		{"GET", "/chat/x/", []string{"Purpose", "prefetch"}, 200, false},
		{"GET", "/chat/x/", []string{"Sec-Purpose", "other"}, 200, true},
		{"GET", "/", nil, 200, false},
		{"GET", "/chat/x/messages/", nil, 200, false},
		{"GET", "/chat/x/qr/", nil, 200, false},
		{"GET", "/chat/x/?quote=1-0", nil, 200, false},
		{"GET", "/chat/%20x/", nil, 301, false},
	} {
		ann.do(tt.method, tt.path, nil, tt.header...).want(tt.status)
		visited, used, _ := site.spy.take()
		if want := map[bool]int{true: 1}[tt.visit]; len(visited) != want || len(used) > 0 {
			t.Errorf("%s %s %q: %q are here, %q are used", tt.method, tt.path, tt.header, visited, used)
		}
	}
	site.browser().get("/index/").want(http.StatusSeeOther)
	if visited, _, _ := site.spy.take(); len(visited) > 0 {
		t.Errorf("without a session: %q", visited)
	}
}

// The own name comes from the cookie. The others see it when the interval is over.
func TestIndex_ShowsTheOwnNameAtOnce(t *testing.T) {
	site := newSite(t)
	site.publish("users", "ann", 5*time.Minute) // another spelling of hers
	site.publish("users", "Zoe", 0)
	site.publish("users", "Cid", time.Hour)
	for _, tt := range []struct{ guest, want string }{
		{"Ann", "Ann Zoe Cid"}, {"Bob", "Bob Zoe ann Cid"}, {"Cid", "Cid Zoe ann"}, {"Zoe", "Zoe ann Cid"}, {"Dan", "Dan Zoe ann Cid"},
	} {
		doc := site.guest(tt.guest).get("/index/").wantPage(http.StatusOK)
		if got := strings.Join(all(doc, "#users bdi"), " "); got != tt.want {
			t.Errorf("%s sees %q, want %q", tt.guest, got, tt.want)
		}
		if own, _ := doc.Find("#users").Attr("data-own"); own != tt.guest || textOf(doc, "#users li:first-child time") != "just now" {
			t.Errorf("%s is named %q, and was here %q", tt.guest, own, textOf(doc, "#users li:first-child time"))
		}
	}
}

func TestIndex_AsksRedisOnceASecondForAll(t *testing.T) {
	site := newSite(t)
	now := time.Now().Truncate(time.Minute)
	site.at(now)
	ann, bob := site.guest("Ann"), site.guest("Bob")
	for i, tt := range []struct {
		who   *browser
		after time.Duration
		reads int
	}{{ann, 0, 1}, {bob, 0, 0}, {ann, keepLists - 1, 0}, {bob, keepLists, 1}, {ann, keepLists, 0}, {ann, time.Hour, 1}} {
		site.at(now.Add(tt.after))
		tt.who.get("/index/").want(http.StatusOK)
		if _, _, reads := site.spy.take(); reads != tt.reads {
			t.Errorf("request %d: %d reads, want %d", i, reads, tt.reads)
		}
	}
}

// Lists that are read again and are the same are not rendered again.
func TestListCache_KeepsListsThatAreTheSame(t *testing.T) {
	line := func(s string) *recent.Lists { return &recent.Lists{Users: []recent.Line{{Name: s}}} }
	var cache listCache
	now := time.Now()
	first := cache.keep(line("ann"), now)
	if again := cache.keep(line("ann"), now.Add(keepLists)); again != first {
		t.Error("the same lists are other ones")
	}
	if other := cache.keep(line("bob"), now.Add(2*keepLists)); other == first || other.Users[0].Name != "bob" {
		t.Error("other lists are the same")
	}
}

func TestIndex_WithoutRedisIsShownForASecond(t *testing.T) {
	site := newSite(t)
	now := time.Now().Truncate(time.Minute)
	site.at(now)
	ann, bob := site.guest("Ann"), site.guest("Bob")
	ann.get("/index/").want(http.StatusOK)
	site.redis.Close()
	ann.get("/index/").want(http.StatusOK)
	bob.get("/index/").want(http.StatusOK) // a visit needs no Redis
	site.at(now.Add(keepLists))
	ann.get("/index/").wantPage(http.StatusServiceUnavailable)
	if err := site.redis.Restart(); err != nil {
		t.Fatal(err)
	}
	ann.get("/index/").want(http.StatusOK)
}

// A full Redis takes no message and no name, and all pages can be read.
func TestPages_OfAFullRedis(t *testing.T) {
	client := redistest.Start(t)
	site := newSiteOn(t, client.URL)
	site.publish("users", "Zoe", 0)
	site.say("x", "hello")
	if err := site.client.Universal().ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	site.impatient()
	ann := site.guest("Ann")
	form := url.Values{"message": {"more"}, "nonce": {string(wire.NewNonce())}}
	ann.post("/chat/x/", form).wantPage(http.StatusServiceUnavailable)
	if _, used, _ := site.spy.take(); len(used) > 0 {
		t.Errorf("%q are used by a message that is not stored", used)
	}
	for _, path := range []string{"/", "/index/", "/chat/x/", "/chat/x/log/", "/chat/x/messages/", "/chat/new/"} {
		ann.get(path).want(http.StatusOK)
	}
	if got := all(ann.get("/index/").wantPage(http.StatusOK), "#users bdi"); !slices.Equal(got, []string{"Ann", "Zoe"}) {
		t.Errorf("users %q", got)
	}
	if got := all(ann.get("/chat/x/").wantPage(http.StatusOK), "#log p"); !slices.Equal(got, []string{"hello"}) {
		t.Errorf("messages %q", got)
	}
}

func TestIndex_SaysHowLongAgo(t *testing.T) {
	site := newSite(t)
	end := site.publish("rooms", "x", 0)
	for after, want := range map[time.Duration]string{time.Minute: "just now", 5 * time.Minute: "5 minutes ago", 11 * time.Minute: "10 minutes ago"} {
		site.at(end.Add(after))
		doc := site.guest("Ann").do(http.MethodGet, "/chat/?room="+url.QueryEscape(".."), nil).wantPage(http.StatusUnprocessableEntity)
		plain := site.guest("Ann").get("/index/").wantPage(http.StatusOK)
		for _, got := range []string{textOf(doc, "#rooms time"), textOf(plain, "#rooms time")} {
			if got != want {
				t.Errorf("%v after the interval: %q, want %q", after, got, want)
			}
		}
	}
}

// logSpy keeps what is read of the logs.
type logSpy struct {
	roomLog
	read []string
}

func (s *logSpy) Newest(b *redisconn.Batch, room name.Room, n int) *roomlog.Page {
	s.read = append(s.read, fmt.Sprint(n))
	return s.roomLog.Newest(b, room, n)
}

func TestRoom_ReadsOneEntryWhileItsListIsNew(t *testing.T) {
	site := newSite(t)
	now := time.Now().Truncate(time.Minute)
	site.at(now)
	site.say("x", "hello")
	spy := &logSpy{roomLog: site.Site.Log}
	site.Site.Log = spy
	ann, bob := site.guest("Ann"), site.guest("Bob")
	for _, tt := range []struct {
		when  string
		who   *browser
		path  string
		after time.Duration
		said  bool
		want  []string
	}{
		{"Ann enters", ann, "", 0, false, []string{"50"}},
		{"Bob enters", bob, "", 0, false, []string{"1"}},
		{"without scripts", ann, "log/", 0, false, []string{"1"}},
		{"there is another message", bob, "", 0, true, []string{"1", "50"}},
		{"and no more", ann, "", 0, false, []string{"1"}},
		{"a second later", ann, "", time.Second, false, []string{"50"}},
		{"and again", bob, "", time.Second, false, []string{"1"}},
		{"another room", bob, "../y/", time.Second, false, []string{"50"}},
	} {
		site.at(now.Add(tt.after))
		if tt.said {
			site.say("x", "again")
		}
		tt.who.get(path.Clean("/chat/x/"+tt.path) + "/").want(http.StatusOK)
		if diff := cmp.Diff(tt.want, spy.read); diff != "" {
			t.Errorf("%s, it reads (-want +got):\n%s", tt.when, diff)
		}
		spy.read = nil
	}
}
