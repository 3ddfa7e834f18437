package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/redistest"
	"chatter/shared/session"
	"chatter/shared/wire"

	"github.com/coder/websocket"
)

const secret = "a secret that only the tests know"

// service is a wsd that runs in this process, on Unix sockets.
type service struct {
	dir    string
	stop   context.CancelFunc
	reload func() // of a process
	done   chan error
	log    *redistest.Output // of start
}

func start(t *testing.T, redisURL string) *service {
	t.Helper()
	dir, err := os.MkdirTemp("", "wsd") // short enough for a socket's address
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	s := &service{dir: dir, stop: stop, done: make(chan error, 1)}
	log := new(redistest.Output)
	s.log = log
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the last lines of wsd:\n%s", log.Tail())
		}
	})
	go func() {
		s.done <- run(ctx, []string{
			"--listen", "unix:" + filepath.Join(dir, "public"), "--admin", "unix:" + filepath.Join(dir, "admin"),
			"--redis", redisURL, "--secret-file", filepath.Join(dir, "secret"),
			"--allow-root", "--restrict", "off", // the test process needs its rights
			// A test answers pings only while it reads.
			"--ping-interval", "1h", "--ping-timeout", "1h",
		}, env(), log)
	}()
	return s
}

// client reaches one of the service's sockets, once it is there.
func (s *service) client(socket string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			tick := time.NewTicker(2 * time.Millisecond)
			defer tick.Stop()
			for {
				c, err := new(net.Dialer).DialContext(ctx, "unix", filepath.Join(s.dir, socket))
				if err == nil || ctx.Err() != nil {
					return c, err
				}
				<-tick.C
			}
		},
	}}
}

func (s *service) status(t *testing.T, path string) int {
	t.Helper()
	resp, err := s.client("admin").Get("http://admin" + path)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func (s *service) body(t *testing.T, path string) string {
	t.Helper()
	resp, err := s.client("admin").Get("http://admin" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// awaitStatus asks until the answer has that status.
func (s *service) awaitStatus(t *testing.T, path string, want int) {
	t.Helper()
	await(t, fmt.Sprintf("%s has status %d", path, want), func() (bool, any) {
		got := s.status(t, path)
		return got == want, got
	})
}

func (s *service) dial(t *testing.T, path string) *websocket.Conn {
	t.Helper()
	ws, err := s.tryDial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	return ws
}

func (s *service) tryDial(ctx context.Context, path string) (*websocket.Conn, error) {
	keys, err := session.ParseKeys([]byte(secret))
	if err != nil {
		return nil, err
	}
	user, err := name.ParseUser("guest")
	if err != nil {
		return nil, err
	}
	cookie, _, _ := strings.Cut(keys.Cookie(session.New(user), time.Now(), site).String(), ";")
	ws, _, err := websocket.Dial(ctx, "http://chatter.test"+path, &websocket.DialOptions{
		HTTPClient: s.client("public"), Subprotocols: []string{wire.Subprotocol},
		HTTPHeader: http.Header{"Cookie": {cookie}, "Origin": {"http://chatter.test"}},
	})
	return ws, err
}

// until reads on to an event of that kind.
func until(t *testing.T, ws *websocket.Conn, event string) wire.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hangLimit)
	defer cancel()
	var instead []string
	for {
		_, frame, err := ws.Read(ctx)
		if err != nil {
			t.Fatalf("waited for %s; instead came %q, then %v", event, instead, err)
		}
		e, err := wire.ParseEvent(frame)
		if err != nil {
			t.Fatal(err)
		}
		if e.Event == event {
			return e
		}
		instead = append(instead, e.Event)
	}
}

// One wsd starts while Redis is away, lets a guest in as soon as it comes,
// and hands on what is said at another.
func TestRun_StartsWithoutRedisAndRecovers(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	redis.Kill()
	a, b := start(t, redis.URL), start(t, redis.URL)
	if got := a.status(t, "/healthz"); got != http.StatusOK {
		t.Errorf("healthz %d", got)
	}
	if got := a.status(t, "/readyz"); got != http.StatusServiceUnavailable {
		t.Errorf("readyz %d without Redis", got)
	}
	early := a.dial(t, "/ws/chat/room/?since=0")
	redis.Run()
	until(t, early, wire.EventLive)
	late := b.dial(t, "/ws/chat/room/?since=0")
	until(t, late, wire.EventLive)

	nonce := wire.NewNonce()
	frame := `{"command":"new_message","message":"hello","nonce":"` + string(nonce) + `"}`
	if err := late.Write(t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		t.Fatal(err)
	}
	ack := until(t, late, wire.EventAck)
	if got := until(t, early, wire.EventMessage); got.Message != "hello" || got.ID != ack.ID {
		t.Errorf("the other wsd's guest got %+v, the ack was %+v", got, ack)
	}
	a.awaitStatus(t, "/readyz", http.StatusOK)
	if got := a.status(t, "/metrics"); got != http.StatusOK {
		t.Errorf("metrics %d", got)
	}

	b.stop()
	for {
		if _, _, err := late.Read(t.Context()); err != nil {
			if code := websocket.CloseStatus(err); code != websocket.StatusServiceRestart {
				t.Errorf("closed with %v", err)
			}
			break
		}
	}
	select {
	case err := <-b.done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(hangLimit):
		t.Fatalf("wsd has not stopped in %v", hangLimit)
	}
	a.stop()
	<-a.done
}

func TestRun_TheIndexIsLive(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	s := start(t, redis.URL)
	ws := s.dial(t, "/ws/index/")
	if e := until(t, ws, wire.EventRecent); len(e.Users) != 0 {
		t.Errorf("at first %+v", e)
	}
	c := redis.Client()
	defer c.Close()
	if err := c.Universal().Do(t.Context(), "ZADD", "chatter:recent:users", time.Now().Add(-time.Hour).Unix(), "ann").Err(); err != nil {
		t.Fatal(err)
	}
	if e := until(t, ws, wire.EventRecent); len(e.Users) != 1 || e.Users[0] != "ann" {
		t.Errorf("then %+v", e)
	}
	s.stop()
	<-s.done
}
