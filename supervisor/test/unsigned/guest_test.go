package unsigned_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"chatter/shared/origin"
	"chatter/shared/session"
	"chatter/shared/wire"
	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"

	"github.com/coder/websocket"
)

// guest is one browser, at an address of its own.
type guest struct {
	t       *testing.T
	site    *stack.Stack
	name    string
	address string
	client  *http.Client
	session string // the session's id
}

// newGuest signs in. The address is one of 127.0.0.0/8, all of which Linux gives to
// this machine.
func newGuest(t *testing.T, s *stack.Stack, keys *session.Keys, name, address string) *guest {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	transport := &http.Transport{DialContext: dialer.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	g := &guest{t: t, site: s, name: name, address: address, client: &http.Client{
		Transport: transport, Jar: jar, Timeout: fixture.HangLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	a := g.post("/index/", url.Values{"user": {name}})
	g.get(a.want(http.StatusSeeOther).header.Get("Location")).want(http.StatusOK)
	r, err := http.NewRequest(http.MethodGet, s.URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	seen := origin.Of(r, origin.Origin{})
	known, err := keys.FromRequest(r, time.Now(), seen)
	if err != nil {
		t.Fatal(err)
	}
	g.session = known.ID
	// A session that is some minutes old may say as much as the talk needs.
	jar.SetCookies(r.URL, []*http.Cookie{keys.Cookie(known, time.Now().Add(-time.Hour), seen)})
	return g
}

// cookies are the values of all cookies that the guest has for a path.
func (g *guest) cookies(path string) []string {
	u, err := url.Parse(g.url(path))
	if err != nil {
		g.t.Fatal(err)
	}
	var values []string
	for _, c := range g.client.Jar.Cookies(u) {
		values = append(values, c.Value)
	}
	return values
}

func (g *guest) url(path string) string { return strings.TrimSuffix(g.site.URL(), "/") + path }

type answer struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   string
}

func (a answer) want(statuses ...int) answer {
	a.t.Helper()
	if !slices.Contains(statuses, a.status) {
		a.t.Fatalf("%s: status %d, want one of %d:\n%s", a.what, a.status, statuses, a.body)
	}
	return a
}

func (g *guest) get(path string) answer {
	g.t.Helper()
	return g.do(http.MethodGet, path, nil)
}

func (g *guest) post(path string, form url.Values) answer {
	g.t.Helper()
	return g.do(http.MethodPost, path, form)
}

func (g *guest) do(method, path string, form url.Values) answer {
	g.t.Helper()
	r, err := http.NewRequestWithContext(g.t.Context(), method, g.url(path), strings.NewReader(form.Encode()))
	if err != nil {
		g.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := g.client.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return answer{g.t, method + " " + path, resp.StatusCode, resp.Header, string(body)}
}

var formNonce = regexp.MustCompile(`name="nonce" value="([^"]+)"`)

// nonceOf is the nonce of the form on a room's page.
func nonceOf(page answer) string {
	page.t.Helper()
	m := formNonce.FindStringSubmatch(page.body)
	if m == nil {
		page.t.Fatalf("%s: no form:\n%s", page.what, page.body)
	}
	return m[1]
}

// socket is a guest's connection to a room or to the index.
type socket struct {
	g    *guest
	conn *websocket.Conn
}

// open connects; without a subprotocol, it is a classic client.
func (g *guest) open(path string, subprotocols ...string) *socket {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), fixture.HangLimit)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, g.url(path), &websocket.DialOptions{
		// Without its timeout, which would end the socket.
		HTTPClient:   &http.Client{Transport: g.client.Transport, Jar: g.client.Jar},
		HTTPHeader:   http.Header{"Origin": {strings.TrimSuffix(g.url("/"), "/")}},
		Subprotocols: subprotocols,
	})
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { conn.CloseNow() })
	return &socket{g, conn}
}

// read returns the next frame as it came, or the error that ended the socket.
func (s *socket) read() (string, error) {
	ctx, cancel := context.WithTimeout(s.g.t.Context(), fixture.HangLimit)
	defer cancel()
	_, frame, err := s.conn.Read(ctx)
	return string(frame), err
}

func (s *socket) frame() string {
	s.g.t.Helper()
	frame, err := s.read()
	if err != nil {
		s.g.t.Fatalf("%s reads: %v", s.g.name, err)
	}
	return frame
}

// until reads up to the first event that is wanted.
func (s *socket) until(wanted func(wire.Event) bool) wire.Event {
	s.g.t.Helper()
	for {
		event, err := wire.ParseEvent([]byte(s.frame()))
		if err != nil {
			s.g.t.Fatal(err)
		}
		if wanted(event) {
			return event
		}
	}
}

func (s *socket) send(frame string) {
	s.g.t.Helper()
	if err := s.write(frame); err != nil {
		s.g.t.Fatalf("%s sends: %v", s.g.name, err)
	}
}

func (s *socket) write(frame string) error {
	ctx, cancel := context.WithTimeout(s.g.t.Context(), fixture.HangLimit)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, []byte(frame))
}

// say sends a message and returns the answer to it: an ack or a refusal.
func (s *socket) say(text string, nonce wire.Nonce) wire.Event {
	s.g.t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		s.g.t.Fatal(err)
	}
	s.send(fmt.Sprintf(`{"command":"new_message","message":%s,"nonce":%q}`, quoted, nonce))
	return s.until(func(e wire.Event) bool { return e.Nonce == nonce })
}
