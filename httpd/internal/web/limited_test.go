package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"chatter/shared/limits"
	"chatter/shared/wire"
)

// limiterOf returns a limiter with these figures, and classes of its own.
func limiterOf(f limits.Figures) *limits.Limiter {
	return limits.New(limits.Options{
		Figures: f, Classes: limits.NewClasses(nil), Key: []byte("a key of 32 bytes for these tests"),
	})
}

// limited is a change of a site: it has limits, and its clients tell their addresses.
func limited(f limits.Figures) func(*Config) {
	return func(c *Config) {
		c.Classes = limits.NewClasses([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
		c.Limiter = limiterOf(f)
	}
}

func sayForm(text string) url.Values {
	return url.Values{"message": {text}, "nonce": {string(wire.NewNonce())}}
}

func waitOf(t *testing.T, a *answer) time.Duration {
	t.Helper()
	seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
	if err != nil || seconds < 1 {
		t.Fatalf("Retry-After %q", a.Header.Get("Retry-After"))
	}
	return time.Duration(seconds) * time.Second
}

// A new session may say three messages at once, then one in two seconds.
func TestSay_SlowStart(t *testing.T) {
	now := time.Now()
	site := newSite(t, limited(limits.ForPages(5, 20)))
	site.at(now)
	ann := site.guest("Ann")
	for i := range 3 {
		ann.post("/chat/x/", sayForm(fmt.Sprint(i))).want(http.StatusSeeOther)
	}
	a := ann.post("/chat/x/", sayForm("one more")).want(http.StatusTooManyRequests)
	if got := waitOf(t, a); got > 2*time.Second {
		t.Errorf("Retry-After %v", got)
	}
	site.at(now.Add(10 * time.Minute))
	for i := range 20 {
		ann.post("/chat/x/", sayForm(fmt.Sprint("later ", i))).want(http.StatusSeeOther)
	}
	ann.post("/chat/x/", sayForm("one more")).want(http.StatusTooManyRequests)
}

// Many sessions of one address have no more in a room than their address.
func TestSay_ClassesCompete(t *testing.T) {
	figures := limits.ForPages(5, 20)
	site := newSite(t, limited(figures))
	now := time.Now()
	site.at(now)
	site.say("x", "the room is not empty")
	say := func(b *browser, address string) *answer {
		return b.post("/chat/x/", sayForm("hello"), "X-Real-IP", address)
	}
	ann := site.guest("Ann")
	say(ann, "203.0.113.1").want(http.StatusSeeOther)
	said := 0
	var refused *answer
	for range 20 {
		flooder := site.guest("Bob")
		for a := say(flooder, "198.51.100.1"); ; a = say(flooder, "198.51.100.1") {
			if a.StatusCode == http.StatusTooManyRequests {
				refused = a
				break
			}
			said++
		}
	}
	if said != int(figures.ClassInRoom.Burst) {
		t.Errorf("one address said %d messages, want %v", said, figures.ClassInRoom.Burst)
	}
	if wait := waitOf(t, refused); wait < 5*time.Second {
		t.Errorf("Retry-After %v", wait)
	}
	if got := strings.TrimSpace(refused.wantPage(http.StatusTooManyRequests).Find("#message").Text()); got != "hello" {
		t.Errorf("the field holds %q", got)
	}
	say(ann, "203.0.113.1").want(http.StatusSeeOther)
}

func TestSay_FirstMessagesIntoEmptyRooms(t *testing.T) {
	figures := limits.ForPages(0, 20)
	site := newSite(t, limited(figures))
	site.at(time.Now())
	ann := site.guest("Ann")
	for i := range int(figures.First.Burst) {
		ann.post(fmt.Sprintf("/chat/x%d/", i), sayForm("first")).want(http.StatusSeeOther)
	}
	a := ann.post("/chat/y/", sayForm("first")).want(http.StatusTooManyRequests)
	if wait := waitOf(t, a); wait != 6*time.Second {
		t.Errorf("Retry-After %v", wait)
	}
	ann.post("/chat/x0/", sayForm("second")).want(http.StatusSeeOther)
	if got := site.texts("y"); len(got) != 0 {
		t.Errorf("the refused room holds %q", got)
	}
}

func TestSignIn_IsLimitedForEachAddress(t *testing.T) {
	figures := limits.ForPages(5, 20)
	figures.SignIn.Burst = 3
	site := newSite(t, limited(figures))
	now := time.Now()
	site.at(now)
	signIn := func(address, language string) *answer {
		return site.browser().post("/index/", url.Values{"user": {"Ann"}, "next": {"/chat/x/"}}, "X-Real-IP", address, "Accept-Language", language)
	}
	for range 3 {
		signIn("198.51.100.1", "en").want(http.StatusSeeOther)
	}
	for _, l := range languages(t) {
		a := signIn("198.51.100.1", l.Lang)
		doc := a.wantPage(http.StatusTooManyRequests)
		if wait := waitOf(t, a); wait != time.Second {
			t.Errorf("Retry-After %v", wait)
		}
		user, _ := doc.Find("input[name=user]").Attr("value")
		next, _ := doc.Find("input[name=next]").Attr("value")
		if user != "Ann" || next != "/chat/x/" {
			t.Errorf("the form keeps %q and %q", user, next)
		}
		if got, want := textOf(doc, "#user-problem"), l.Text("signin.too_often", "n", 1); got != want {
			t.Errorf("%s: %q, want %q", l.Lang, got, want)
		}
		if len(a.Cookies()) > 0 {
			t.Error("a refused guest gets a cookie")
		}
	}
	signIn("203.0.113.1", "en").want(http.StatusSeeOther)
	site.at(now.Add(time.Second))
	signIn("198.51.100.1", "en").want(http.StatusSeeOther)
}
