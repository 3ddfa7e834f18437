package faults_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/test/fixture"

	"github.com/coder/websocket"
)

var twins = map[string]string{
	"httpd:httpd_0": "httpd:httpd_1", "httpd:httpd_1": "httpd:httpd_0",
	"wsd:wsd_0": "wsd:wsd_1", "wsd:wsd_1": "wsd:wsd_0",
}

// Sign-out in one httpd closes the sockets in both wsd. All processes refuse the cookie from
// then on, also after a restart, and after the secret has got a new first line.
func TestSignOut_EndsTheSessionInEveryProcess(t *testing.T) {
	t.Parallel()
	w := start(t, fixture.Services(t))
	ann := w.cookie
	ben, err := guest.SignIn(t.Context(), w.client, w.URL(), "Ben")
	if err != nil {
		t.Fatal(err)
	}
	sockets := func(cookie *http.Cookie) (list []*websocket.Conn) {
		for _, p := range []string{"wsd:wsd_0", "wsd:wsd_1"} {
			ws := w.dial(p, cookie)
			if _, _, err := ws.Read(t.Context()); err != nil {
				t.Fatalf("%s: %v", p, err)
			}
			list = append(list, ws)
		}
		return list
	}
	closed := func(list []*websocket.Conn) {
		t.Helper()
		for i, ws := range list {
			ctx, cancel := context.WithTimeout(t.Context(), fixture.HangLimit)
			_, _, err := ws.Read(ctx)
			cancel()
			if websocket.CloseStatus(err) != websocket.StatusCode(wire.CloseSignIn) {
				t.Errorf("the socket in wsd %d: %v, want a close with %d", i, err, wire.CloseSignIn)
			}
		}
	}
	of := sockets(ann)
	w.signOut("httpd:httpd_0", ann)
	closed(of)
	w.wantRefused("after the sign-out", ann)
	w.wantAccepted("after another's sign-out", ben)

	w.ctl("restart", "httpd:*", "wsd:*")
	w.wantRefused("after a restart", ann)

	secret := filepath.Join(w.Dir(), "secret")
	lines, err := os.ReadFile(secret)
	if err != nil {
		t.Fatal(err)
	}
	install(t, secret, append([]byte("a new first line of the secret, long enough\n"), lines...), 0o600)
	served := w.served()
	w.hup()
	for p, n := range served {
		fixture.Await(t, p+" has reloaded", func() bool { return w.served()[p] > n })
	}
	w.wantRefused("under the new first line", ann)
	w.wantAccepted("under the new first line", ben)
	// The old line has signed this cookie, and the new one would sign the next.
	of = sockets(ben)
	w.signOut("httpd:httpd_1", ben)
	closed(of)
	w.wantRefused("signed by the old line", ben)
}

// only returns a client that reaches this process: its twin, which serves the same socket, is
// paused until the function ends.
func (w *site) only(process string, f func(c *http.Client)) {
	w.t.Helper()
	pid, err := w.Kill(w.t.Context(), twins[process], syscall.SIGSTOP)
	if err != nil {
		w.t.Fatal(err)
	}
	defer syscall.Kill(pid, syscall.SIGCONT)
	fixture.Await(w.t, twins[process]+" is paused", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err == nil && strings.Contains(string(stat), ") T ")
	})
	service, _, _ := strings.Cut(process, ":")
	f(&http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(w.Dir(), service+".sock"))
			},
		},
	})
}

// ask sends a request with a cookie to one process and returns the status.
func (w *site) ask(process, method, path string, cookie *http.Cookie) (status int) {
	w.t.Helper()
	w.only(process, func(c *http.Client) {
		ctx, cancel := context.WithTimeout(w.t.Context(), fixture.HangLimit)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, method, "http://"+w.Addr()+path, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		r.AddCookie(cookie)
		resp, err := c.Do(r)
		if err != nil {
			w.t.Fatal(err)
		}
		resp.Body.Close()
		status = resp.StatusCode
	})
	return status
}

// dial opens a socket in one process.
func (w *site) dial(process string, cookie *http.Cookie) *websocket.Conn {
	w.t.Helper()
	return w.socketIn(process, cookie, "Signout", "0", wire.Subprotocol)
}

// socketIn opens a socket in a room, in one process.
func (w *site) socketIn(process string, cookie *http.Cookie, room, since string, protocols ...string) (ws *websocket.Conn) {
	w.t.Helper()
	w.only(process, func(c *http.Client) {
		ctx, cancel := context.WithTimeout(w.t.Context(), fixture.HangLimit)
		defer cancel()
		var err error
		ws, _, err = websocket.Dial(ctx, "http://"+w.Addr()+"/ws/chat/"+room+"/?since="+since, &websocket.DialOptions{
			HTTPClient: c, Subprotocols: protocols,
			HTTPHeader: http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}, "Origin": {"http://" + w.Addr()}},
		})
		if err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(func() { ws.CloseNow() })
	})
	return ws
}

func (w *site) signOut(process string, cookie *http.Cookie) {
	w.t.Helper()
	if status := w.ask(process, http.MethodPost, "/signout/", cookie); status != http.StatusSeeOther {
		w.t.Fatalf("sign-out: status %d", status)
	}
}

// wantRefused checks that no process accepts the cookie, or only until it has heard of the
// end of the session.
func (w *site) wantRefused(when string, cookie *http.Cookie) {
	w.t.Helper()
	for p := range twins {
		fixture.Await(w.t, when+": "+p+" refuses the session", func() bool { return !w.accepted(p, cookie) })
	}
}

func (w *site) wantAccepted(when string, cookie *http.Cookie) {
	w.t.Helper()
	for p := range twins {
		if !w.accepted(p, cookie) {
			w.t.Errorf("%s: %s refuses another session", when, p)
		}
	}
}

// accepted reports whether a process accepts the cookie.
func (w *site) accepted(process string, cookie *http.Cookie) bool {
	w.t.Helper()
	if strings.HasPrefix(process, "httpd") {
		var status int
		fixture.Await(w.t, process+" knows which sessions have ended", func() bool {
			status = w.ask(process, http.MethodGet, "/index/", cookie)
			return status != http.StatusServiceUnavailable
		})
		return status == http.StatusOK
	}
	ws := w.dial(process, cookie)
	defer ws.CloseNow()
	ctx, cancel := context.WithTimeout(w.t.Context(), fixture.HangLimit)
	defer cancel()
	_, _, err := ws.Read(ctx)
	if code := websocket.CloseStatus(err); err != nil && code != websocket.StatusCode(wire.CloseSignIn) {
		w.t.Fatalf("%s: %v", process, err)
	}
	return err == nil
}

// served is how often each process has begun to serve.
func (w *site) served() map[string]int {
	w.t.Helper()
	times := make(map[string]int)
	for p := range twins {
		times[p] = strings.Count(w.logged(p), " to=public ")
	}
	return times
}

// logged is what a process has logged.
func (w *site) logged(process string) string {
	w.t.Helper()
	_, name, _ := strings.Cut(process, ":")
	text, err := os.ReadFile(filepath.Join(w.Dir(), "logs", strings.Replace(name, "_", "-", 1)+".log"))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}
