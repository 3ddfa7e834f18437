package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"chatter/shared/origin"
	"chatter/shared/session"
)

// ask sends a request with a Host of its own, and the session under the name that it has there.
func (b *browser) ask(path, host string) *answer {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodGet, b.base+path, nil)
	r.RequestURI, r.Host = "", host
	for _, cookie := range b.client.Jar.Cookies(r.URL) {
		name := session.CookieName(origin.Of(r, origin.Origin{}))
		r.AddCookie(&http.Cookie{Name: name, Value: cookie.Value})
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	resp.Body.Close()
	return &answer{Response: resp, t: b.t}
}

func TestHost_MustBeOne(t *testing.T) {
	site := newSite(t)
	ann := site.guest("Ann")
	before := strings.Count(site.lines.String(), "level=ERROR")
	for host, status := range map[string]int{
		"chat.example.org":                  http.StatusOK,
		"chat.example.org:8443":             http.StatusOK,
		"[2001:db8::1]:80":                  http.StatusOK,
		strings.Repeat("a", 253) + ":65535": http.StatusOK,
		strings.Repeat("a", 3000):           http.StatusBadRequest,
		strings.Repeat("a", 260):            http.StatusBadRequest,
		"a;default-src":                     http.StatusBadRequest,
		"user@example.org":                  http.StatusBadRequest,
		"example.org/path":                  http.StatusBadRequest,
		"example%2eorg":                     http.StatusBadRequest,
	} {
		for _, path := range []string{"/", "/index/", "/chat/x/", "/chat/x/qr/"} {
			ann.ask(path, host).want(status)
		}
	}
	if n := strings.Count(site.lines.String(), "level=ERROR"); n != before {
		t.Errorf("%d errors are logged", n-before)
	}
}

// Rooms full of the texts that grow most in a page, requested under many hosts.
func TestCache_InventedHostsMultiplyNothing(t *testing.T) {
	site := newSite(t)
	ann := site.guest("Ann")
	const rooms, hosts = 50, 20
	for room := range rooms {
		for range 10 {
			site.say(fmt.Sprint("room", room), strings.Repeat(`"`, 2000))
		}
	}
	for host := range hosts {
		for room := range rooms {
			ann.ask(fmt.Sprintf("/chat/room%d/", room), fmt.Sprintf("host%d.example", host)).want(http.StatusOK)
			if host == 0 {
				ann.ask(fmt.Sprintf("/chat/room%d/qr/", room), fmt.Sprintf("host%d.example", host)).want(http.StatusOK)
			}
		}
		if host == 0 {
			before := site.pages.CacheBytes()
			if least := rooms * 10 * 2000 * len("&#34;") / 2; before < least {
				t.Fatalf("%d bytes are cached, want some %d: nothing is tested", before, least)
			}
			defer func() {
				if after := site.pages.CacheBytes(); after > before {
					t.Errorf("%d bytes are cached for one host, %d for %d hosts", before, after, hosts)
				}
			}()
		}
	}
}
