package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestHeaders_EveryResponseHasThem(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	big := strings.NewReader("user=" + strings.Repeat("x", maxBodyBytes))
	answers := []*answer{
		site.browser().get("/").want(200),
		site.browser().get("/privacy/").want(200),
		b.get("/index/").want(200),
		b.get("/chat/x/").want(200),
		b.do("HEAD", "/chat/x/", nil).want(200),
		b.get("/chat/x/messages/").want(200),
		b.get("/chat/x/log/").want(200),
		b.get("/chat/x/log/?before=x").want(400),
		site.browser().get("/chat/x/log/").want(401),
		b.get("/chat/x/qr/").want(200),
		b.get("/chat/x/messages/?limit=x").want(400),
		site.browser().get("/chat/x/messages/").want(401),
		b.get(site.assets.Base + "/icon.svg").want(200),
		b.get("/static/0/icon.svg").want(404),
		b.get("/favicon.ico").want(200),
		b.get("/worker.js").want(200),
		b.get("/robots.txt").want(200),
		b.get("/index").want(301),
		b.get("/chat/%20x/").want(301),
		b.get("/chat/?room=x").want(303),
		b.get("/chat/?room=").want(422),
		b.get("/chat/a%2Fb/").want(404),
		b.get("/nothing").want(404),
		b.do("PUT", "/index/", nil).want(405),
		b.do("OPTIONS", "/index/", nil).want(204),
		b.do("POST", "/index/", big, "Content-Type", "application/x-www-form-urlencoded").want(413),
		b.post("/index/", nil, "Sec-Fetch-Site", "cross-site").want(403),
		b.post("/chat/x/", nil).want(422),
		site.browser().post("/index/", url.Values{"user": {"Bob"}}).want(303),
	}
	site.redis.Close()
	answers = append(answers, b.get("/chat/x/").want(503))
	if err := site.redis.Restart(); err != nil {
		t.Fatal(err)
	}
	site.Site.pages = nil // rendering fails
	answers = append(answers, b.get("/chat/x/").want(500), b.post("/signout/", nil).want(303))

	host := strings.TrimPrefix(site.base, "http://")
	for _, a := range answers {
		where := a.Request.Method + " " + a.Request.URL.Path + " " + a.Status
		if path := a.Request.URL.Path; a.StatusCode == 200 && (path == "/favicon.ico" || path == "/worker.js" || strings.HasPrefix(path, "/static/")) {
			wantHeadersOfAsset(t, where, a.Header)
			continue
		}
		policy := directives(a.Header.Get("Content-Security-Policy"))
		// Each may do what it needs more than the others, and no more.
		images, frames, ancestors := "'self'", "", "'none'"
		switch path := a.Request.URL.Path; {
		case path == "/chat/x/" && a.StatusCode < 500:
			images, frames = "'self' data:", "'self'"
		case path == "/chat/x/log/":
			ancestors = "'self'"
		}
		for directive, want := range map[string]string{
			"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": images, "frame-src": frames, "manifest-src": "'self'",
			"form-action": "'self'", "frame-ancestors": ancestors, "base-uri": "'none'", "connect-src": "'self' ws://" + host,
		} {
			if got := policy[directive]; got != want {
				t.Errorf("%s: %s is %q, want %q", where, directive, got, want)
			}
		}
		for header, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := a.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", where, header, got, want)
			}
		}
		cached := a.Request.URL.Path == "/robots.txt"
		if got := a.Header.Get("Cache-Control"); (got == "no-store") == cached || got == "" {
			t.Errorf("%s: Cache-Control is %q", where, got)
		}
	}
}

// wantHeadersOfAsset holds an asset to what it needs, and no more: a first visit gets
// dozens of them.
func wantHeadersOfAsset(t *testing.T, where string, h http.Header) {
	t.Helper()
	if got := h.Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("%s: X-Content-Type-Options is %q", where, got)
	}
	if got := h.Get("Cache-Control"); !strings.HasPrefix(got, "max-age=") {
		t.Errorf("%s: Cache-Control is %q", where, got)
	}
	needed := []string{"Cache-Control", "Content-Encoding", "Content-Length", "Content-Type", "Date", "Vary", "X-Content-Type-Options"}
	for name := range h {
		if !slices.Contains(needed, name) {
			t.Errorf("%s: %s weighs, and says nothing of use", where, name)
		}
	}
}

func directives(policy string) map[string]string {
	found := make(map[string]string)
	for directive := range strings.SplitSeq(policy, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(directive), " ")
		found[key] = value
	}
	return found
}

func TestHeaders_ThePolicyNamesThisSitesSockets(t *testing.T) {
	site := newSite(t)
	for _, tt := range []struct{ host, proto, want string }{
		{"chat.example", "", "'self' ws://chat.example"},
		{"chat.example:8080", "http", "'self' ws://chat.example:8080"},
		{"chat.example", "https", "'self' wss://chat.example"},
		{"[::1]:8080", "", "'self' ws://[::1]:8080"},
		{"a;script-src", "", "'self'"},
		{"a,default-src", "", "'self'"},
		{"*", "", "'self'"},
		{"a 'unsafe-inline'", "", "'self'"},
		{"", "", "'self'"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = tt.host
		r.Header.Set("X-Forwarded-Proto", tt.proto)
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		policy := directives(w.Header().Get("Content-Security-Policy"))
		if got := policy["connect-src"]; got != tt.want || policy["script-src"] != "'self'" {
			t.Errorf("%q: connect-src %q, want %q", tt.host, got, tt.want)
		}
	}
}
