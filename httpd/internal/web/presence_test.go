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
	"chatter/shared/roomlog"

	"github.com/google/go-cmp/cmp"
)

// askSpy records the requests to Redis.
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

// want checks the requests since the last call.
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
	site.at(now.Add(keepLists))
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
	site.fill(3*maxRecents, now)
	zoe := site.guest("zoe")
	zoe.get("/index/").want(http.StatusOK)
	spy := spyOn(site)

	// A guest who is not shown is recorded too, once per interval.
	yan := site.guest("yan")
	if a, b := yan.get("/index/").want(http.StatusOK).body, zoe.get("/index/").want(http.StatusOK).body; strings.ReplaceAll(a, "yan", "zoe") != b {
		t.Errorf("the page differs by more than the name:\n%s\n%s", a, b)
	}
	spy.want(t, "a guest who is not shown", "touch yan/")
	for range 3 {
		yan.get("/index/").want(http.StatusOK)
	}
	site.at(now.Add(keepLists - 1))
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

	// A guest who has a place in the list is shown to everybody at once.
	ann := site.guest("ann")
	for _, guest := range []*browser{ann, zoe} {
		got := all(guest.get("/index/").wantPage(http.StatusOK), "#users bdi")
		if len(got) != maxRecents || got[0] != "ann" || got[1] != "m000" {
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
	site.at(now.Add(keepLists))
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
	site.at(now.Add(keepLists))
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
		for _, got := range []string{textOf(doc, "#rooms time"), textOf(plain, "#rooms time")} {
			if got != want {
				t.Errorf("in bucket %d: %q, want %q", i, got, want)
			}
		}
	}
}

func TestRoom_ReadsOneEntryWhileItsListIsNew(t *testing.T) {
	site := newSite(t)
	now := time.Now().Truncate(recent.Bucket).Add(time.Minute)
	site.at(now)
	site.say("x", "hello")
	spy := spyOn(site)
	ann, bob := site.guest("Ann"), site.guest("Bob")
	for _, tt := range []struct {
		when  string
		who   *browser
		path  string
		after time.Duration
		said  bool
		want  []string
	}{
		{"Ann enters", ann, "", 0, false, []string{"touch Ann/x", "newest 50"}},
		{"Bob enters", bob, "", 0, false, []string{"touch Bob/", "newest 1"}},
		{"Ann comes again", ann, "", 0, false, []string{"newest 1"}},
		{"without scripts", ann, "log/", 0, false, []string{"newest 1"}},
		{"there is another message", bob, "", 0, true, []string{"newest 1", "newest 50"}},
		{"and no more", ann, "", 0, false, []string{"newest 1"}},
		{"a second later", ann, "", time.Second, false, []string{"newest 50"}},
		{"and again", bob, "", time.Second, false, []string{"newest 1"}},
		{"in a while", bob, "", keepRecorded, false, []string{"touch Bob/x", "newest 50"}},
		{"another room", bob, "../y/", keepRecorded, false, []string{"touch /y", "newest 50"}},
		{"in the next interval", ann, "", 4 * time.Minute, false, []string{"touch Ann/x", "newest 50"}},
	} {
		site.at(now.Add(tt.after))
		if tt.said {
			site.say("x", "again")
		}
		tt.who.get(path.Clean("/chat/x/"+tt.path) + "/").want(http.StatusOK)
		spy.want(t, tt.when, tt.want...)
	}
}

func TestPresence_IsBoundedAndStartsAnewInEachInterval(t *testing.T) {
	now := time.Now().Truncate(recent.Bucket)
	full := new(recent.Lists)
	for i := range maxRecents {
		full.Users = append(full.Users, recent.Line{Name: fmt.Sprintf("m%03d", i), At: now.UTC()})
	}
	ann, bob := mustUser(t, "z Ann"), mustUser(t, "z Bob")
	var p presence
	p.recorded(ann, name.Room{}, now)
	for _, tt := range []struct {
		what  string
		lists *recent.Lists
		guest name.User
		at    time.Time
		want  bool
	}{
		{"recorded", full, ann, now, true},
		{"until the interval ends", full, ann, now.Add(recent.Bucket - 1), true},
		{"in the next interval", full, ann, now.Add(recent.Bucket), false},
		{"another guest", full, bob, now, false},
		{"shown", full, mustUser(t, "m007"), now, true},
		{"no lists", nil, ann, now, false},
		{"lists that would show the guest", &recent.Lists{Users: full.Users[1:]}, ann, now, false},
	} {
		if got := p.alreadyRecorded(tt.lists, tt.guest, tt.at); got != tt.want {
			t.Errorf("%s: %v", tt.what, got)
		}
	}
	for i := range 2*maxRecorded + 1 {
		p.recorded(mustUser(t, fmt.Sprint(i)), name.Room{}, now)
	}
	if len(p.records) > maxRecorded {
		t.Errorf("%d records are kept", len(p.records))
	}
	p.recorded(bob, name.Room{}, now.Add(recent.Bucket))
	if len(p.records) != 1 {
		t.Errorf("%d records are kept of the interval before", len(p.records)-1)
	}
}

func mustUser(t testing.TB, s string) name.User {
	t.Helper()
	user, err := name.ParseUser(s)
	if err != nil {
		t.Fatalf("user %q: %v", s, err)
	}
	return user
}
