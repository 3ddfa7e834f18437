package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"chatter/shared/origin"
	"chatter/shared/session"
	"chatter/shared/wire"
)

// browserWith returns a browser that sends the sessions of these cookies and keeps none. All
// processes are one site for it, although each has a port of its own here.
func (s *testSite) browserWith(cookies ...*http.Cookie) *browser {
	b := s.browser()
	b.client.Jar = nil
	b.client.Transport = withCookies(cookies)
	return b
}

type withCookies []*http.Cookie

func (w withCookies) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for _, cookie := range w {
		name := session.CookieName(origin.Of(r, origin.Origin{}))
		r.AddCookie(&http.Cookie{Name: name, Value: cookie.Value})
	}
	return http.DefaultTransport.RoundTrip(r)
}

// signedIn returns the cookie of a new session.
func (s *testSite) signedIn(user string) *http.Cookie {
	s.t.Helper()
	a := s.browser().post("/index/", url.Values{"user": {user}}).want(http.StatusSeeOther)
	return a.Cookies()[0]
}

// wantSignedOut checks that every page treats the browser as one without a session.
func (b *browser) wantSignedOut(site *testSite) {
	b.t.Helper()
	if doc := b.get("/").wantPage(http.StatusOK); doc.Find("#signout").Length() != 0 {
		b.t.Error("the sign-in page knows a session that has ended")
	}
	b.get("/index/").wantRedirect(http.StatusSeeOther, "/")
	b.get("/chat/?room=x").want(http.StatusSeeOther)
	b.get("/chat/x/").wantRedirect(http.StatusSeeOther, "/?next=%2Fchat%2Fx%2F")
	b.get("/chat/x/log/").want(http.StatusUnauthorized)
	b.get("/chat/x/messages/").want(http.StatusUnauthorized)
	b.post("/chat/x/", url.Values{"message": {"late"}, "nonce": {string(wire.NewNonce())}}).want(http.StatusSeeOther)
	if texts := site.texts("x"); len(texts) != 0 {
		b.t.Errorf("a session that has ended said %q", texts)
	}
}

// Sign-out ends the session in every process, not only in the browser.
func TestSignOut_EndsTheSessionEverywhere(t *testing.T) {
	a := newSite(t)
	b := newSiteOn(t, "redis://"+a.redis.Addr())
	ann, ben := a.signedIn("Ann"), a.signedIn("Ben")
	elsewhere := b.browserWith(ann)
	elsewhere.get("/index/").want(http.StatusOK)
	out := a.browserWith(ann).post("/signout/", nil).wantRedirect(http.StatusSeeOther, "/")
	if c := out.Cookies(); len(c) != 1 || c[0].Name != ann.Name || c[0].MaxAge >= 0 {
		t.Errorf("the cookies are %v, want one that forgets the session", c)
	}
	a.browserWith(ann).wantSignedOut(a)
	awaitStatus(t, elsewhere, "/index/", http.StatusSeeOther)
	elsewhere.wantSignedOut(b)
	newSiteOn(t, "redis://"+a.redis.Addr()).browserWith(ann).wantSignedOut(a)
	b.browserWith(ben).get("/index/").want(http.StatusOK)
}

// While Redis is away the browser forgets the session all the same. The page says that the
// server could not end it.
func TestSignOut_SaysWhenItIsNotEverywhere(t *testing.T) {
	site := newSite(t)
	ann := site.signedIn("Ann")
	site.redis.Close()
	a := site.browserWith(ann).post("/signout/", nil, "Accept-Language", "en")
	doc := a.wantPage(http.StatusServiceUnavailable)
	if c := a.Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("the cookies are %v, want one that forgets the session", c)
	}
	if text := doc.Text(); !strings.Contains(text, "in this browser only") || !strings.Contains(text, "close all other tabs") {
		t.Errorf("the page says:\n%s", text)
	}
	if doc.Find("#signout").Length() != 0 || strings.Contains(doc.Text(), "Ann") || a.Header.Get("Retry-After") != "" {
		t.Error("the page is for a guest who is signed in, or loads again")
	}
	if doc := site.browserWith(ann).get("/").wantPage(http.StatusOK); doc.Find("#signout").Length() != 0 {
		t.Error("the process that was asked accepts the session")
	}
}

// A process that has started without Redis does not know which sessions have ended. It lets
// no guest in before it does.
func TestSignOut_NobodyIsLetInBeforeEndedSessionsAreKnown(t *testing.T) {
	a := newSite(t)
	ann, ben := a.signedIn("Ann"), a.signedIn("Ben")
	a.browserWith(ann).post("/signout/", nil).want(http.StatusSeeOther)
	address := a.redis.Addr()
	a.redis.Close()
	b := newSiteOn(t, "redis://"+address+"?max_retries=-1")
	for _, cookie := range []*http.Cookie{ann, ben} {
		for _, path := range []string{"/index/", "/chat/x/", "/chat/x/log/", "/chat/x/messages/", "/chat/?room=x"} {
			b.browserWith(cookie).get(path).want(http.StatusServiceUnavailable)
		}
	}
	b.browser().get("/index/").wantRedirect(http.StatusSeeOther, "/")
	if err := a.redis.Restart(); err != nil {
		t.Fatal(err)
	}
	awaitStatus(t, b.browserWith(ben), "/index/", http.StatusOK)
	b.browserWith(ann).wantSignedOut(b)
}

// awaitStatus asks until the answer has the status.
func awaitStatus(t *testing.T, b *browser, path string, status int) {
	t.Helper()
	limit := time.After(hangLimit)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		got := b.get(path).StatusCode
		if got == status {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%s: status %d after %v, want %d", path, got, hangLimit, status)
		}
	}
}
