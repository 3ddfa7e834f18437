package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/orders"
	"chatter/shared/origin"
	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/session"
	"chatter/shared/wire"

	"github.com/alicebob/miniredis/v2"
	"github.com/coder/websocket"
)

// A session that ends closes its sockets in every wsd and opens none any more, in one that
// starts later neither. Other sessions go on.
func TestEnded_SocketsAreClosedInEveryProcess(t *testing.T) {
	for name, url := range map[string]func(t *testing.T) string{
		"miniredis": func(t *testing.T) string { return "redis://" + miniredis.RunT(t).Addr() },
		"redis":     func(t *testing.T) string { return redistest.Start(t).URL },
		"cluster":   func(t *testing.T) string { return redistest.StartCluster(t).URL },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			redis := url(t)
			a, b := start(t, redis), start(t, redis)
			ann, ben := newVisitor(t, "ann"), newVisitor(t, "ben")
			var closed []*websocket.Conn
			for _, s := range []*service{a, b} {
				for _, path := range []string{"/ws/chat/room/?since=0", "/ws/index/"} {
					closed = append(closed, ann.dial(t, s, path))
				}
				until(t, closed[len(closed)-2], wire.EventLive)
			}
			other := ben.dial(t, b, "/ws/chat/room/?since=0")
			until(t, other, wire.EventLive)

			ann.signOut(t, redis)
			for _, ws := range closed {
				wantSignIn(t, ws)
			}
			later := start(t, redis)
			for _, s := range []*service{a, b, later} {
				wantSignIn(t, ann.dial(t, s, "/ws/chat/room/?since=0"))
			}
			say(t, other, "still here", wire.NewNonce())
			until(t, other, wire.EventAck)
			for _, s := range []*service{a, b, later} {
				s.stop()
				<-s.done
			}
		})
	}
}

// site is the site of all visitors.
var site = origin.Origin{Scheme: "http", Host: "chatter.test"}

// visitor is a guest with a session of its own.
type visitor struct {
	keys   *session.Keys
	cookie *http.Cookie
}

func newVisitor(t *testing.T, user string) *visitor {
	t.Helper()
	keys, err := session.ParseKeys([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := name.ParseUser(user)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{keys, keys.Cookie(session.New(parsed), time.Now(), site)}
}

func (v *visitor) header() http.Header {
	cookie, _, _ := strings.Cut(v.cookie.String(), ";")
	return http.Header{"Cookie": {cookie}, "Origin": {"http://chatter.test"}}
}

func (v *visitor) dial(t *testing.T, s *service, path string) *websocket.Conn {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), "http://chatter.test"+path, &websocket.DialOptions{
		HTTPClient: s.client("public"), Subprotocols: []string{wire.Subprotocol}, HTTPHeader: v.header(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	return ws
}

// signOut ends the session as httpd does.
func (v *visitor) signOut(t *testing.T, redis string) {
	t.Helper()
	client, err := redisconn.Open(redis)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	s, err := v.keys.FromRequest(&http.Request{Header: v.header()}, time.Now(), site)
	if err != nil {
		t.Fatal(err)
	}
	if err := orders.NewSessions(client, "chatter:", v.keys).End(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

// wantSignIn reads on to the close frame.
func wantSignIn(t *testing.T, ws *websocket.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hangLimit)
	defer cancel()
	for {
		if _, _, err := ws.Read(ctx); err != nil {
			if code := websocket.CloseStatus(err); code != websocket.StatusCode(wire.CloseSignIn) {
				t.Errorf("closed with %v, want %d", err, wire.CloseSignIn)
			}
			return
		}
	}
}
