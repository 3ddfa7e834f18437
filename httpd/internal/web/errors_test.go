package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"chatter/httpd/internal/text"
	"chatter/shared/name"
	"chatter/shared/recent"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
)

func TestErrors_HavePagesInTheSitesLook(t *testing.T) {
	site := newSite(t)
	long := strings.NewReader("message=" + strings.Repeat("x", maxBodyBytes))
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	b := site.guest("Ann")
	for _, tt := range []struct {
		a      *answer
		status int
		allow  string
	}{
		{b.get("/nothing"), 404, ""},
		{b.get("/index/more/"), 404, ""},
		{b.get("/ws/chat/x/"), 404, ""},
		{b.get("/chat/x/y/"), 404, ""},
		{b.get("/metrics"), 404, ""},
		{b.get("/signout/"), 405, "POST"},
		{b.post("/", nil), 405, "GET, HEAD"},
		{b.do("DELETE", "/chat/x/", nil), 405, "GET, HEAD, POST"},
		{b.do("PROPFIND", "/index/", nil), 405, "GET, HEAD, POST"},
		{b.do("POST", "/chat/x/", long, form...), 413, ""},
		{b.post("/index/", url.Values{"user": {"Eve"}}, "Sec-Fetch-Site", "cross-site"), 403, ""},
		{b.post("/chat/x/", url.Values{"message": {"x"}}, "Origin", "https://evil.example"), 403, ""},
		{b.post("/signout/", nil, "Origin", "null"), 403, ""},
	} {
		doc := tt.a.wantPage(tt.status)
		if textOf(doc, "main#error h1") == "" || textOf(doc, "main#error .lead") == "" {
			t.Errorf("%s: says nothing", tt.a.Request.URL)
		}
		if got := textOf(doc, ".account-name"); got != "Ann" {
			t.Errorf("%s: does not know the guest any more: %q", tt.a.Request.URL, got)
		}
		if strings.Contains(tt.a.body, `http-equiv="refresh"`) || doc.Find("script[src$='retry.js']").Length() > 0 || tt.a.Header.Get("Retry-After") != "" {
			t.Errorf("%s: retries, to no avail", tt.a.Request.URL)
		}
		for _, method := range strings.Split(tt.allow, ", ") {
			if !strings.Contains(tt.a.Header.Get("Allow"), method) {
				t.Errorf("%s: Allow is %q, lacks %s", tt.a.Request.URL, tt.a.Header.Get("Allow"), method)
			}
		}
	}
}

func TestErrors_OwnFormsAreNotRefused(t *testing.T) {
	site := newSite(t)
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "none"}, {"Origin", site.base},
	} {
		site.browser().post("/index/", url.Values{"user": {"Ann"}}, header...).want(http.StatusSeeOther)
	}
}

func TestErrors_WithoutRedisPagesSayItAndRetry(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	site.redis.Close()
	for range 3 {
		for _, address := range []string{"/index/", "/chat/x/", "/chat/?room=.."} {
			a := b.get(address)
			doc := a.wantPage(http.StatusServiceUnavailable)
			if got := textOf(doc, "h1"); got != "Chatter cannot reach its memory" {
				t.Errorf("%s: heading %q", address, got)
			}
			if !strings.Contains(a.body, `<noscript><meta http-equiv="refresh" content="3"></noscript>`) ||
				doc.Find("script[src$='retry.js']").Length() != 1 || a.Header.Get("Retry-After") != "3" {
				t.Errorf("%s: does not ask again, Retry-After %q\n%s", address, a.Header.Get("Retry-After"), a.body)
			}
		}
	}
	// Pages that need no Redis still work.
	b.get("/").want(http.StatusOK)
	site.browser().post("/index/", url.Values{"user": {"Bob"}}).want(http.StatusSeeOther)

	if err := site.redis.Restart(); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"/index/", "/chat/x/"} {
		b.get(address).want(http.StatusOK)
	}
	for line, want := range map[string]int{"redis does not answer": 1, "redis is back": 1} {
		if got := strings.Count(site.lines.String(), line); got != want {
			t.Errorf("%d lines %q, want %d:\n%s", got, line, want, site.lines)
		}
	}
}

// brokenLog does what the test wants instead of reading or writing.
type brokenLog struct {
	roomLog
	broken func(ctx context.Context) error
}

func (l brokenLog) Append(ctx context.Context, _ name.Room, _ wire.Nonce, _ wire.Text) (wire.Stored, error) {
	return wire.Stored{}, l.broken(ctx)
}

func (l brokenLog) Newest(*redisconn.Batch, name.Room, int) *roomlog.Page {
	if err := l.broken(context.Background()); err != nil {
		panic(err)
	}
	return nil
}

func TestErrors_APanicIsAPageAndOneLine(t *testing.T) {
	site := newSite(t)
	site.Site.Log = brokenLog{broken: func(context.Context) error { panic("Ann said something in secret room") }}
	a := site.guest("Ann").get("/chat/secret%20room/")
	doc := a.wantPage(http.StatusInternalServerError)
	if textOf(doc, "h1") == "" || strings.Contains(a.body, "goroutine") {
		t.Errorf("the page is\n%s", a.body)
	}
	var panics []string
	for line := range strings.Lines(site.lines.String()) {
		if strings.Contains(line, "level=ERROR") {
			panics = append(panics, line)
		}
	}
	if len(panics) != 1 || !strings.Contains(panics[0], "brokenLog") || !strings.Contains(panics[0], "/chat/:room/") {
		t.Errorf("the log has %q", panics)
	}
	if log := site.lines.String(); strings.Contains(log, "secret") || strings.Contains(log, "Ann") {
		t.Errorf("the log holds names:\n%s", log)
	}
}

func TestErrors_AnUnknownErrorIsA500(t *testing.T) {
	site := newSite(t)
	site.Site.Log = brokenLog{site.Site.Log, func(context.Context) error { return errors.New("something odd") }}
	a := site.guest("Ann").post("/chat/x/", url.Values{"message": {"x"}, "nonce": {string(wire.NewNonce())}})
	a.wantPage(http.StatusInternalServerError)
	if strings.Contains(a.body, "something odd") || strings.Count(site.lines.String(), "something odd") != 1 {
		t.Errorf("the error belongs into the log, once:\n%s", site.lines)
	}
}

func TestHarakiri_EndsARequestThatTakesTooLong(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	site.Harakiri = 50 * time.Millisecond // which signing in may exceed

	// A Redis that accepts and never answers, and a client that gives no request up.
	hole, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer hole.Close()
	client, err := redisconn.Open("redis://" + hole.Addr().String() + "?dial_timeout=1h&read_timeout=1h&write_timeout=1h&max_retries=-1")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	site.Site.Redis, site.Site.Presence = client, recent.New(client, recent.Options{})
	for _, address := range []string{"/index/", "/chat/x/"} {
		doc := b.get(address).wantPage(http.StatusServiceUnavailable)
		if textOf(doc, "h1") != "That took too long" || doc.Find("script[src$='retry.js']").Length() != 1 {
			t.Errorf("%s: the page says %q", address, textOf(doc, "main"))
		}
	}

	site.Site.Log = brokenLog{broken: func(ctx context.Context) error {
		<-ctx.Done()
		return redisconn.Unavailable("append", ctx.Err())
	}}
	site.Site.Redis = site.client
	doc := b.post("/chat/x/", url.Values{"message": {"keep"}, "nonce": {string(wire.NewNonce())}}).wantPage(http.StatusServiceUnavailable)
	if got := strings.TrimSpace(doc.Find("#message").Text()); got != "keep" {
		t.Errorf("the field holds %q", got)
	}
}

func TestErrors_HaveTextsInAllLanguages(t *testing.T) {
	for _, l := range languages(t) {
		all := []failure{tooSlow, notEverywhere, notModerator}
		for _, status := range shown {
			all = append(all, failureWith(status))
		}
		for _, f := range all {
			if l.Text(f.text) == f.text || l.Text(f.text+".detail") == f.text+".detail" {
				t.Errorf("%s: there is no text for %q", l.Lang, f.text)
			}
		}
	}
}

func languages(t testing.TB) []*text.Language {
	t.Helper()
	all, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A browser that does not tell where a form comes from sends the cookie from http, too, where
// somebody on the line may have made the page.
func TestForms_FromHTTPDoNotReachHTTPS(t *testing.T) {
	site := newSite(t)
	for origin, want := range map[string]int{"http": http.StatusForbidden, "https": http.StatusSeeOther} {
		r := httptest.NewRequest(http.MethodPost, "/index/", strings.NewReader("user=Eve"))
		r.Host = "chat.example.org"
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-Proto", "https")
		r.Header.Set("Origin", origin+"://chat.example.org")
		w := httptest.NewRecorder()
		if site.Site.ServeHTTP(w, r); w.Code != want {
			t.Errorf("from %s: status %d, want %d", origin, w.Code, want)
		}
	}
}
