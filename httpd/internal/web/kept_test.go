package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/recent"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"

	"github.com/google/go-cmp/cmp"
)

// askSpy notes what Redis is asked for.
type askSpy struct {
	roomLog
	recents
	asked []string
}

func spyOn(site *testSite) *askSpy {
	spy := &askSpy{roomLog: site.Site.log, recents: site.Site.recents}
	site.Site.log, site.Site.recents = spy, spy
	return spy
}

func (s *askSpy) Newest(b *redisconn.Batch, room name.Room, n int) *roomlog.Page {
	s.asked = append(s.asked, fmt.Sprint("newest ", n))
	return s.roomLog.Newest(b, room, n)
}

func (s *askSpy) Touch(b *redisconn.Batch, user name.User, room name.Room, now time.Time) {
	if !user.IsZero() || !room.IsZero() {
		s.asked = append(s.asked, fmt.Sprintf("touch %s/%s", user, room))
	}
	s.recents.Touch(b, user, room, now)
}

func (s *askSpy) Lists(b *redisconn.Batch, n int, now time.Time) *recent.Lists {
	s.asked = append(s.asked, "lists")
	return s.recents.Lists(b, n, now)
}

// want checks what has been asked for since the last time.
func (s *askSpy) want(t *testing.T, when string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, s.asked); diff != "" {
		t.Errorf("%s, Redis is asked for (-want +got):\n%s", when, diff)
	}
	s.asked = nil
}

// fill puts n guests into the recents, in the bucket of now.
func (s *testSite) fill(n int, now time.Time) {
	s.t.Helper()
	for i := range n {
		b := s.client.Batch()
		s.recents.Touch(b, mustUser(s.t, fmt.Sprintf("m%03d", i)), name.Room{}, now)
		if err := b.Run(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
	}
}

func TestIndex_AsksRedisOnceASecondForAll(t *testing.T) {
	site := newSite(t)
	now := time.Now().Truncate(recent.Bucket).Add(time.Minute)
	site.at(now)
	spy := spyOn(site)
	ann, bob := site.guest("Ann"), site.guest("Bob")
	users := func(b *browser) []string { return all(b.get("/index/").wantPage(http.StatusOK), "#users bdi") }
	users(ann)
	spy.want(t, "the first time", "touch Ann/", "lists")
	if got := users(bob); !slices.Equal(got, []string{"Ann", "Bob"}) {
		t.Errorf("Bob sees %q", got)
	}
	spy.want(t, "when Bob comes", "touch Bob/")
	if got := users(ann); !slices.Equal(got, []string{"Ann", "Bob"}) {
		t.Errorf("Ann sees %q", got)
	}
	spy.want(t, "when both are shown")
	site.at(now.Add(readyFor))
	users(bob)
	spy.want(t, "a second later", "touch Bob/", "lists")
	users(ann)
	spy.want(t, "and again")
	site.at(now.Add(recent.Bucket))
	users(ann)
	spy.want(t, "in the next bucket", "touch Ann/", "lists")
	if got := users(bob); !slices.Equal(got, []string{"Ann", "Bob"}) {
		t.Errorf("Bob sees %q", got)
	}
	spy.want(t, "in the next bucket", "touch Bob/")
}

func TestIndex_OfACrowdIsOnePage(t *testing.T) {
	site := newSite(t)
	now := time.Now().Truncate(recent.Bucket).Add(time.Minute)
	site.at(now)
	site.fill(3*recentLines, now)
	zoe := site.guest("zoe")
	zoe.get("/index/").want(http.StatusOK)
	spy := spyOn(site)

	// Who is not shown is recorded all the same, once in the bucket.
	yan := site.guest("yan")
	if a, b := yan.get("/index/").want(http.StatusOK).body, zoe.get("/index/").want(http.StatusOK).body; strings.ReplaceAll(a, "yan", "zoe") != b {
		t.Errorf("the page differs by more than the name:\n%s\n%s", a, b)
	}
	spy.want(t, "a guest who is not shown", "touch yan/")
	for range 3 {
		yan.get("/index/").want(http.StatusOK)
	}
	site.at(now.Add(readyFor - 1))
	zoe.get("/index/").want(http.StatusOK)
	spy.want(t, "and again")
	if users, _ := site.recentNames(); len(users) != 100 {
		t.Fatalf("%d users", len(users))
	}
	for _, who := range []string{"yan", "zoe"} {
		if _, err := site.redis.ZScore("chatter:recent:users", who); err != nil {
			t.Errorf("%s: %v", who, err)
		}
	}

	// Who has a place among those who are shown is there at once, for all.
	ann := site.guest("ann")
	for _, guest := range []*browser{ann, zoe} {
		got := all(guest.get("/index/").wantPage(http.StatusOK), "#users bdi")
		if len(got) != recentLines || got[0] != "ann" || got[1] != "m000" {
			t.Errorf("the list is %q", got)
		}
	}
	spy.want(t, "a guest who has a place", "touch ann/")
}

// Redis may lose what it has been told.
func TestIndex_ShowsOwnNameAgainAfterALoss(t *testing.T) {
	site := newSite(t)
	now := time.Now().Truncate(recent.Bucket).Add(time.Minute)
	site.at(now)
	ann, bob := site.guest("Ann"), site.guest("Bob")
	ann.get("/index/").want(http.StatusOK)
	bob.get("/index/").want(http.StatusOK)
	site.redis.FlushAll()
	site.at(now.Add(readyFor))
	for who, b := range map[string]*browser{"Ann": ann, "Bob": bob} {
		if got := all(b.get("/index/").wantPage(http.StatusOK), "#users bdi"); !slices.Contains(got, who) {
			t.Errorf("%s sees %q", who, got)
		}
	}
	if users, _ := site.recentNames(); !slices.Equal(users, []string{"Ann", "Bob"}) {
		t.Errorf("Redis knows %q", users)
	}
}

func TestIndex_WithoutRedisIsShownForASecond(t *testing.T) {
	site := newSite(t)
	now := time.Now().Truncate(recent.Bucket).Add(time.Minute)
	site.at(now)
	ann, bob := site.guest("Ann"), site.guest("Bob")
	ann.get("/index/").want(http.StatusOK)
	site.redis.Close()
	ann.get("/index/").want(http.StatusOK)
	bob.get("/index/").wantPage(http.StatusServiceUnavailable) // nobody could tell others of Bob
	site.at(now.Add(readyFor))
	ann.get("/index/").wantPage(http.StatusServiceUnavailable)
	if err := site.redis.Restart(); err != nil {
		t.Fatal(err)
	}
	if got := all(bob.get("/index/").wantPage(http.StatusOK), "#users bdi"); !slices.Equal(got, []string{"Ann", "Bob"}) {
		t.Errorf("Bob sees %q", got)
	}
}

func TestIndex_SaysHowLongAgoInEveryBucket(t *testing.T) {
	site := newSite(t)
	now := time.Now().Truncate(recent.Bucket).Add(time.Minute)
	for i, want := range []string{"just now", "5 minutes ago", "10 minutes ago"} {
		site.at(now.Add(time.Duration(i) * recent.Bucket))
		if i == 0 {
			site.guest("Zoe").get("/chat/x/").want(http.StatusOK)
		}
		doc := site.guest("Ann").do(http.MethodGet, "/chat/?room="+url.QueryEscape(".."), nil).wantPage(http.StatusUnprocessableEntity)
		plain := site.guest("Ann").get("/index/").wantPage(http.StatusOK)
		for _, got := range []string{text(doc, "#rooms time"), text(plain, "#rooms time")} {
			if got != want {
				t.Errorf("in bucket %d: %q, want %q", i, got, want)
			}
		}
	}
}

func TestReadyIndex_KeepsAPageWhileItIsTrue(t *testing.T) {
	now := time.Now().Truncate(recent.Bucket)
	words := new(texts)
	lists := func(names ...string) *recent.Lists {
		l := new(recent.Lists)
		for _, name := range names {
			l.Users = append(l.Users, recent.Line{Name: name, At: now.UTC()})
		}
		return l
	}
	var r readyIndex
	kept := r.put(lists("Ann"), now)
	r.keep(words, kept, now, ready{})
	has := func(what string, lists *recent.Lists, at time.Time, want bool) {
		t.Helper()
		if _, got := r.get(words, lists, at); got != want {
			t.Errorf("%s: %v", what, got)
		}
	}
	has("at once", kept, now, true)
	has("in the next bucket", kept, now.Add(recent.Bucket), false)
	if got := r.put(lists("Ann"), now.Add(readyFor)); got != kept || r.lately(now.Add(2*readyFor-1)) != kept {
		t.Error("the same lists are not the same")
	}
	has("read again", kept, now, true)
	if got := r.touched(mustUser(t, "Ann"), name.Room{}, now); got != kept {
		t.Error("who is shown already has changed the lists")
	}
	with := r.touched(mustUser(t, "Bob"), name.Room{}, now)
	has("with Bob", with, now, false)
	r.keep(words, kept, now, ready{}) // of a request that was slower
	has("with Bob, later", with, now, false)
	if r.lately(now.Add(2*readyFor)) != nil || r.lately(now.Add(-1)) != nil {
		t.Error("lists of another second")
	}
}

func TestRoom_TellsRedisOfWhatIsNew(t *testing.T) {
	site := newSite(t)
	now := time.Now().Truncate(recent.Bucket).Add(time.Minute)
	site.at(now)
	site.say("x", "hello")
	spy := spyOn(site)
	ann, bob := site.guest("Ann"), site.guest("Bob")
	for _, tt := range []struct {
		when  string
		who   *browser
		after time.Duration
		want  []string
	}{
		{"Ann enters", ann, 0, []string{"newest 50", "touch Ann/x"}},
		{"Bob enters", bob, 0, []string{"newest 1", "touch Bob/"}},
		{"Ann comes again", ann, 0, []string{"newest 1"}},
		{"a second later", ann, readyFor, []string{"newest 50"}},
		{"and again", bob, readyFor, []string{"newest 1"}},
		{"in a while", bob, seenFor, []string{"newest 50", "touch Bob/x"}},
	} {
		site.at(now.Add(tt.after))
		tt.who.get("/chat/x/").want(http.StatusOK)
		spy.want(t, tt.when, tt.want...)
	}
}

func TestLanguage_RemembersAFewChoices(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	long := "de," + strings.Repeat("en;q=0.5,", maxChosenBytes/8) + "fr"
	for i := range maxChosen + 10 {
		for accept, want := range map[string]string{fmt.Sprintf("de;q=0.9,en;q=0.%04d", i): "de", long: "de"} {
			if i%100 > 0 && accept == long {
				continue
			}
			r, _ := http.NewRequest(http.MethodGet, b.base, nil)
			r.Header.Set("Accept-Language", accept)
			if got := site.languages.of(site.echo.NewContext(r, nil)).Lang; got != want {
				t.Fatalf("%q: %s", accept, got)
			}
		}
	}
	site.languages.mu.Lock()
	defer site.languages.mu.Unlock()
	if n := len(site.languages.chosen); n == 0 || n > maxChosen || site.languages.chosen[long] != nil {
		t.Errorf("%d choices are kept, one of them long: %v", n, site.languages.chosen[long] != nil)
	}
}
