package attack

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/stack"
)

// answerLimit bounds the wait for an answer.
const answerLimit = 2 * time.Minute

// attacker holds the clients of one attack.
type attacker struct {
	stack  *stack.Stack
	rooms  []name.Room
	number int
}

// room is the path of the room that is attacked.
func (a *attacker) room() string { return a.rooms[0].Path() }

// session is a client with an address of its own or a shared one, and the cookie of a sign-in.
type session struct {
	attacker *attacker
	dialer   net.Dialer
	http     *http.Client // does not follow redirects
	cookie   *http.Cookie
}

// at returns a client that connects from one of the attack's addresses.
func (a *attacker) at(address int) *session {
	s := &session{attacker: a}
	s.dialer.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, byte(100+a.number), byte(1+address/200%200), byte(1+address%200))}
	s.http = &http.Client{
		Timeout:       answerLimit,
		Transport:     &http.Transport{DialContext: s.dialer.DialContext},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s
}

// signIn reports whether the site accepts the name.
func (s *session) signIn(ctx context.Context, name string) bool {
	var err error
	s.cookie, err = guest.SignIn(ctx, s.http, s.attacker.stack.URL(), name)
	return err == nil
}

// each signs in that many sessions, from so many addresses, and calls do for each one at the
// same time. It returns when all calls have returned.
func (a *attacker) each(ctx context.Context, sessions, addresses int, name string, do func(s *session, number int)) {
	var running sync.WaitGroup
	for i := range sessions {
		running.Go(func() {
			s := a.at(i % addresses)
			defer s.http.CloseIdleConnections()
			if s.signIn(ctx, fmt.Sprintf("%s %d", name, i)) {
				do(s, i)
			}
		})
	}
	running.Wait()
}

// repeat has each session call step until ctx ends, with a pause before each call. n counts
// the calls.
func (a *attacker) repeat(ctx context.Context, sessions, addresses int, name string, pause time.Duration, step func(s *session, number, n int)) {
	a.each(ctx, sessions, addresses, name, func(s *session, number int) {
		for n := 0; guest.Pause(ctx, pause); n++ {
			step(s, number, n)
		}
	})
}

// ask sends a request, with a form unless that is nil, and returns the status and the body. A
// host other than "" replaces the site's. The status is 0 without an answer.
func (s *session) ask(ctx context.Context, host, path string, form url.Values) (status int, body string) {
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.attacker.stack.URL(), "/")+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, ""
	}
	r.Host = host
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(s.cookie)
	resp, err := s.http.Do(r)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, ""
	}
	return resp.StatusCode, string(text)
}

// socket opens a WebSocket and leaves the frames to the caller. The connection is closed when
// ctx ends.
func (s *session) socket(ctx context.Context, path string) (net.Conn, *bufio.Reader, error) {
	host := s.attacker.stack.Addr()
	c, err := s.dialer.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, nil, err
	}
	context.AfterFunc(ctx, func() { c.Close() })
	_, err = fmt.Fprintf(c, "GET /ws%s HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: %s\r\nCookie: %s=%s\r\n\r\n",
		path, host, host, wire.Subprotocol, s.cookie.Name, s.cookie.Value)
	r := bufio.NewReader(c)
	if err == nil {
		var resp *http.Response
		resp, err = http.ReadResponse(r, nil)
		if err == nil && resp.StatusCode != http.StatusSwitchingProtocols {
			err = errors.New(resp.Status)
		}
	}
	if err != nil {
		c.Close()
		return nil, nil, err
	}
	return c, r, nil
}
