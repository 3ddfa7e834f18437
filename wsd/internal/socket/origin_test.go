package socket

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/origin"
	"chatter/shared/session"
	"chatter/shared/wire"

	"github.com/coder/websocket"
)

func TestSocket_ChecksTheOrigin(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.Origins = []string{"*.friends.example", "https://safe.example"} })
	for origin, want := range map[string]int{
		"https://evil.example": http.StatusForbidden,
		"null":                 http.StatusForbidden,
		"":                     http.StatusForbidden,
		"https" + strings.TrimPrefix(f.http.URL, "http"): http.StatusForbidden,
		f.http.URL + "/":              http.StatusForbidden,
		"https://www.friends.example": http.StatusForbidden,
		"http://www.friends.example":  http.StatusSwitchingProtocols,
		"https://safe.example":        http.StatusSwitchingProtocols,
		"http://safe.example":         http.StatusForbidden,
		f.http.URL:                    http.StatusSwitchingProtocols,
	} {
		h := f.header()
		h.Set("Origin", origin)
		ws, resp, _ := websocket.Dial(t.Context(), f.http.URL+"/ws/chat/room/", &websocket.DialOptions{HTTPHeader: h})
		if ws != nil {
			_ = ws.CloseNow()
		}
		if resp == nil || resp.StatusCode != want {
			t.Errorf("origin %s: %+v, want %d", origin, resp, want)
		}
	}
}

// At what address the request arrives does not matter when the site has a public one.
func TestSocket_ChecksTheOriginBehindHTTPS(t *testing.T) {
	public, err := origin.Parse("https://chat.example.org")
	if err != nil {
		t.Fatal(err)
	}
	forwarded, named := newFixture(t), newFixture(t, func(o *Options) { o.Public = public })
	host := strings.TrimPrefix(forwarded.http.URL, "http://")
	for _, tt := range []struct {
		name          string
		f             *fixture
		site          origin.Origin
		proto, origin string
		want          int
	}{
		{"forwarded as https", forwarded, forwarded.site("https"), "https", "https://" + host, http.StatusSwitchingProtocols},
		{"a page of http", forwarded, forwarded.site("https"), "https", "http://" + host, http.StatusForbidden},
		{"the public address", named, public, "", "https://chat.example.org", http.StatusSwitchingProtocols},
		{"the public address with its port", named, public, "", "https://chat.example.org:443", http.StatusSwitchingProtocols},
		{"the public host over http", named, public, "https", "http://chat.example.org", http.StatusForbidden},
		{"the address of the request", named, public, "", named.http.URL, http.StatusForbidden},
	} {
		h := http.Header{"Cookie": {tt.f.pair(tt.site)}, "Origin": {tt.origin}, "X-Forwarded-Proto": {tt.proto}}
		ws, resp, _ := websocket.Dial(t.Context(), tt.f.http.URL+"/ws/chat/room/", &websocket.DialOptions{HTTPHeader: h, Subprotocols: []string{wire.Subprotocol}})
		if resp == nil || resp.StatusCode != tt.want {
			t.Errorf("%s: %+v, want %d", tt.name, resp, tt.want)
		}
		if ws == nil {
			continue
		}
		c := &client{t, ws}
		c.until("live") // the cookie of https counts
		_ = ws.CloseNow()
		h.Set("Cookie", tt.f.pair(tt.f.site("http")))
		if code, _ := tt.f.dialAs("/ws/chat/room/", h, wire.Subprotocol).closed(); code != wire.CloseSignIn {
			t.Errorf("%s, with the cookie of http: closed with %d, want %d", tt.name, code, wire.CloseSignIn)
		}
	}
}

func TestSocket_TellsANativeClientWhichOriginToSend(t *testing.T) {
	f := newFixture(t)
	h := f.header()
	h.Del("Origin")
	_, resp, err := websocket.Dial(t.Context(), f.http.URL+"/ws/chat/room/", &websocket.DialOptions{HTTPHeader: h})
	if err == nil || resp == nil {
		t.Fatalf("got %+v, %v", resp, err)
	}
	text, err := io.ReadAll(resp.Body)
	if want := "must send: Origin: " + f.http.URL + "\n"; err != nil || resp.StatusCode != http.StatusForbidden || !strings.HasSuffix(string(text), want) {
		t.Errorf("status %d, %q, %v; want 403 that ends in %q", resp.StatusCode, text, err, want)
	}
}

// site is the fixture as a browser sees it over a scheme.
func (f *fixture) site(scheme string) origin.Origin {
	return origin.Origin{Scheme: scheme, Host: strings.TrimPrefix(f.http.URL, "http://")}
}

// pair is the session cookie of a guest as a browser sends it to the site.
func (f *fixture) pair(site origin.Origin) string {
	f.t.Helper()
	user, err := name.ParseUser("guest")
	if err != nil {
		f.t.Fatal(err)
	}
	c := f.keys.Cookie(session.New(user), time.Now(), site)
	return c.Name + "=" + c.Value
}
