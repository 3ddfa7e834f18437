package web

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"chatter/httpd/internal/moderation"
	"chatter/shared/mutes"
	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"
)

// fakeOrders notes what it is told to do, and answers err.
type fakeOrders struct {
	mu    sync.Mutex
	given []string
	err   error
}

func (f *fakeOrders) note(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.given = append(f.given, fmt.Sprintf(format, args...))
	return f.err
}

func (f *fakeOrders) Remove(_ context.Context, room name.Room, id wire.ID) error {
	return f.note("remove %v %v", room, id)
}

func (f *fakeOrders) Mute(_ context.Context, room name.Room, id wire.ID, d time.Duration) (mutes.Order, error) {
	return mutes.Order{}, f.note("mute %v %v %v", room, id, d)
}

// take returns the orders since the last call.
func (f *fakeOrders) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	given := f.given
	f.given = nil
	return given
}

func (s *testSite) fake() *fakeOrders { return s.Site.Orders.(*fakeOrders) }

// link is a new link of chatterctl.
func (s *testSite) link() string {
	s.t.Helper()
	path, err := s.Moderators.Link(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	return path
}

// spend presses the button of a link.
func (b *browser) spend(link string) *answer {
	b.t.Helper()
	token, _ := b.get(link).wantPage(http.StatusOK).Find("[name=token]").Attr("value")
	return b.post("/moderator/", url.Values{"token": {token}})
}

// moderator is a guest who has spent a link.
func (s *testSite) moderator(user string) *browser {
	b := s.guest(user)
	b.spend(s.link()).wantRedirect(http.StatusSeeOther, "/index/")
	return b
}

func TestModerator_ALinkIsSpentByItsButtonAndOnce(t *testing.T) {
	site := newSite(t)
	link := site.link()
	b := site.browser()
	for range 3 {
		if a := b.get(link); len(a.Cookies()) > 0 {
			t.Fatalf("a GET sets %v", a.Cookies())
		}
	}
	b.get("/moderator/").wantPage(http.StatusGone)
	a := b.spend(link).wantRedirect(http.StatusSeeOther, "/index/")
	if c := a.Cookies(); len(c) != 1 || c[0].Name != "chatter_moderator" || !c[0].HttpOnly || c[0].MaxAge != 12*60*60 {
		t.Errorf("cookies %v", c)
	}
	if got := textOf(b.get("/moderator/").wantPage(http.StatusOK), ".reports"); got != "Nothing is reported." {
		t.Errorf("the moderator sees %q", got)
	}
	b.get("/index/").wantRedirect(http.StatusSeeOther, "/") // it is no session
	for _, again := range []url.Values{{"token": {strings.TrimPrefix(link, "/moderator/?token=")}}, {"token": {"x"}}, {}} {
		a := site.browser().post("/moderator/", again)
		if doc := a.wantPage(http.StatusGone); len(a.Cookies()) > 0 || textOf(doc, ".lead") == "" {
			t.Errorf("%v: %v", again, a.Cookies())
		}
	}
	b.post("/moderator/", url.Values{"leave": {"yes"}}).wantRedirect(http.StatusSeeOther, "/index/")
	b.get("/moderator/").want(http.StatusGone)
}

func TestModerate_NeedsTheCookieAndAForm(t *testing.T) {
	site := newSite(t)
	id := site.say("Go Fans", "spam").String()
	const path = "/chat/go%20fans/moderate/"
	remove, mute := url.Values{"id": {id}, "action": {"remove"}}, url.Values{"id": {id}, "action": {"mute"}, "minutes": {"60"}}
	with := func(form url.Values, key, value string) url.Values {
		form = maps.Clone(form)
		form[key] = []string{value}
		return form
	}
	phone, guest := site.moderator("Mia"), site.guest("Ann")
	for _, tt := range []struct {
		name   string
		by     *browser
		form   url.Values
		header []string
		status int
		order  string
	}{
		{"a guest", guest, remove, nil, 403, ""},
		{"nobody", site.browser(), remove, nil, 403, ""},
		{"remove", phone, remove, nil, 303, "remove go fans " + id},
		{"an hour", phone, mute, nil, 303, "mute go fans " + id + " 1h0m0s"},
		{"a day", phone, with(mute, "minutes", "1440"), nil, 303, "mute go fans " + id + " 24h0m0s"},
		{"no minutes", phone, with(mute, "minutes", ""), nil, 400, ""},
		{"0 minutes", phone, with(mute, "minutes", "0"), nil, 400, ""},
		{"more than a day", phone, with(mute, "minutes", "1441"), nil, 400, ""},
		{"another action", phone, with(remove, "action", "who"), nil, 400, ""},
		{"no ID", phone, with(remove, "id", ""), nil, 400, ""},
		{"a bad ID", phone, with(remove, "id", "5"), nil, 400, ""},
		{"no action", phone, with(remove, "action", ""), nil, 200, ""},
		{"from another site", phone, remove, []string{"Sec-Fetch-Site", "cross-site"}, 403, ""},
		{"from another origin", phone, remove, []string{"Origin", "https://elsewhere.test"}, 403, ""},
	} {
		phone.post(path, tt.form, tt.header...)
		site.fake().take()
		tt.by.post(path, tt.form, tt.header...).want(tt.status)
		if got := strings.Join(site.fake().take(), ", "); got != tt.order {
			t.Errorf("%s: ordered is %q, want %q", tt.name, got, tt.order)
		}
	}
	for _, address := range []string{path, "/chat/go%20fans/report/"} {
		phone.get(address + "?id=" + id + "&action=remove").want(http.StatusMethodNotAllowed)
	}
	if given := site.fake().take(); len(given) > 0 {
		t.Errorf("GET orders %q", given)
	}
}

func TestModerate_AnswersNothingOfTheAuthor(t *testing.T) {
	site := newSite(t)
	id := site.say("x", "spam").String()
	phone := site.moderator("Mia")
	for _, tt := range []struct {
		err            error
		status         int
		json, location string
	}{
		{nil, 200, `{"answer":"accepted"}`, "/moderator/?notice=accepted"},
		{moderation.ErrNoMessage, 200, `{"answer":"unknown"}`, "/moderator/?notice=unknown"},
		{moderation.ErrNoAuthor, 200, `{"answer":"unknown"}`, "/moderator/?notice=unknown"},
		{moderation.Problem("too many"), 200, `{"answer":"later"}`, "/moderator/?notice=later"},
		{redisconn.Unavailable("mute", context.DeadlineExceeded), 503, `{"error":`, ""},
	} {
		site.fake().err = tt.err
		for _, form := range []url.Values{{"id": {id}, "action": {"remove"}}, {"id": {id}, "action": {"mute"}, "minutes": {"60"}}} {
			a := phone.post("/chat/x/moderate/", form, "Accept", "application/json").want(tt.status)
			if !strings.HasPrefix(a.body, tt.json) {
				t.Errorf("%v: %s", tt.err, a.body)
			}
			form.Set("next", "/moderator/")
			if a := phone.post("/chat/x/moderate/", form); tt.location != "" {
				a.wantRedirect(http.StatusSeeOther, tt.location)
				if doc := phone.get(tt.location).wantPage(http.StatusOK); textOf(doc, ".notice") == "" {
					t.Error("the moderator is not told what has become of it")
				}
			} else {
				a.want(tt.status)
			}
			form.Set("next", "https://elsewhere.test/")
			if a := phone.post("/chat/x/moderate/", form); tt.location != "" {
				a.wantRedirect(http.StatusSeeOther, "/chat/x/")
			}
		}
	}
}

// Without scripts, the control of a message leads to a page that asks what to do.
func TestModerate_WithoutScripts(t *testing.T) {
	site := newSite(t)
	id := site.say("x", "<b>spam</b>").String()
	phone := site.moderator("Mia")
	log := phone.get("/chat/x/log/").wantPage(http.StatusOK)
	form := log.Find("form[action='/chat/x/moderate/']")
	next, _ := form.Find("[name=next]").Attr("value")
	if got := form.Find("button[name=id]").AttrOr("value", ""); got != id || next != "/chat/x/log/" {
		t.Fatalf("a button for %q, next is %q", got, next)
	}
	a := phone.post("/chat/x/moderate/", url.Values{"id": {id}, "next": {next}})
	doc := a.wantPage(http.StatusOK)
	if policy := a.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'self'") {
		t.Errorf("the page cannot be in the frame of the log: %s", policy)
	}
	if got := textOf(doc, "blockquote"); got != "<b>spam</b>" {
		t.Errorf("the message is %q", got)
	}
	if got := len(doc.Find("form.orders button").Nodes); got != 3 {
		t.Errorf("%d things can be ordered", got)
	}
	if given := site.fake().take(); len(given) > 0 {
		t.Errorf("ordered without a choice: %q", given)
	}
	phone.post("/chat/x/moderate/", url.Values{"id": {"5-0"}, "next": {next}}).wantRedirect(http.StatusSeeOther, "/chat/x/log/?notice=unknown")
}

// A moderator's pages and a guest's are made of the same fragments.
func TestModerate_GuestsGetTheSamePagesBesideAModerator(t *testing.T) {
	play := func(moderated bool) (seen []string) {
		site := newSite(t)
		site.at(time.Now().Truncate(time.Minute))
		id := site.say("x", "hello").String()
		guest, other := site.guest("Ann"), site.guest("Mia")
		if moderated {
			other.spend(site.link()).want(http.StatusSeeOther)
		}
		for range 2 { // the second time the fragments are cached
			for _, address := range []string{"/chat/x/", "/chat/x/log/", "/chat/x/log/?before=" + id, "/index/", "/chat/x/messages/", "/chat/none/", "/privacy/", "/"} {
				page := other.get(address).want(http.StatusOK).body
				if got := strings.Contains(page, "moderat"); got != (moderated && address != "/chat/x/messages/") {
					t.Errorf("%s, moderated %v: speaks of moderation: %v", address, moderated, got)
				}
				seen = append(seen, blanked.ReplaceAllString(guest.get(address).want(http.StatusOK).body, "#"))
			}
			if moderated {
				other.post("/chat/x/moderate/", url.Values{"id": {id}, "action": {"mute"}, "minutes": {"60"}}).want(http.StatusSeeOther)
			}
		}
		return seen
	}
	plain, moderated := play(false), play(true)
	for i := range plain {
		if plain[i] != moderated[i] {
			t.Errorf("page %d differs:\n%s\n\n%s", i, plain[i], moderated[i])
		}
	}
}
