package https_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/test/fixture"

	"github.com/coder/websocket"
)

// testGuest signs in, reads a room and talks in it, over https.
func testGuest(t *testing.T, m *machine) {
	site := m.url("https")
	for _, loopback := range m.loopbacks {
		client := m.client(loopback, true)
		cookie := signIn(t, client, site)
		resp, page := get(t, client, site+"/chat/theroom/", cookie)
		if resp.StatusCode != 200 || resp.ProtoMajor != 2 {
			t.Errorf("the room: %s over %s, want 200 over HTTP/2", resp.Status, resp.Proto)
		}
		wantHSTS(t, resp, "max-age=86400")
		if want := site + "/chat/theroom/"; !strings.Contains(page, want) {
			t.Errorf("the page does not name its address %s", want)
		}
		plain := &http.Cookie{Name: "chatter-" + m.httpsPort, Value: cookie.Value}
		if resp, _ := get(t, client, site+"/chat/theroom/", plain); resp.StatusCode != http.StatusSeeOther {
			t.Errorf("with the cookie of http: %s, want a redirect to the sign-in form", resp.Status)
		}
		client = m.client(loopback, false)
		talk(t, client, site, cookie, site)
		wantRefused(t, client, site, cookie, m.url("http"))
		wantRefused(t, client, site, cookie, "")
	}
	status, header := m.ask(t, m.loopbacks[0], "https", siteName, "POST /index/ HTTP/1.1", "Content-Length: 99999999")
	if got := header.Get("Strict-Transport-Security"); status != 413 || got != "max-age=86400" {
		t.Errorf("nginx's own page: status %d, HSTS %q", status, got)
	}
}

// signIn signs in and checks the cookie.
func signIn(t *testing.T, client *http.Client, site string) *http.Cookie {
	t.Helper()
	cookie, err := guest.SignIn(t.Context(), client, site, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	want := "__Host-chatter"
	if _, port, ok := strings.Cut(strings.TrimPrefix(site, "https://"), ":"); ok {
		want += "-" + port
	}
	if cookie.Name != want || !cookie.Secure || !cookie.HttpOnly || cookie.Path != "/" || cookie.Domain != "" {
		t.Errorf("cookie %s, want %s with Secure, HttpOnly, Path=/ and no Domain", strings.Replace(cookie.String(), cookie.Value, "VALUE", 1), want)
	}
	return cookie
}

func get(t *testing.T, client *http.Client, url string, cookie *http.Cookie) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if cookie != nil {
		req.Header.Set("Cookie", cookie.Name+"="+cookie.Value)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func wantHSTS(t *testing.T, resp *http.Response, want string) {
	t.Helper()
	if got := resp.Header.Values("Strict-Transport-Security"); strings.Join(got, "|") != want {
		t.Errorf("HSTS %q, want %q", got, want)
	}
}

// open opens a socket to a room as a page of that origin.
func open(t *testing.T, client *http.Client, site string, cookie *http.Cookie, origin string, more ...string) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	header := http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}}
	if origin != "" {
		header.Set("Origin", origin)
	}
	for _, line := range more {
		name, value, _ := strings.Cut(line, ": ")
		header.Set(name, value)
	}
	// Without its timeout, which would end the socket.
	plain := &http.Client{Transport: client.Transport}
	ctx, cancel := context.WithTimeout(t.Context(), fixture.HangLimit)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, site+"/ws/chat/theroom/?since=0", &websocket.DialOptions{
		HTTPClient: plain, HTTPHeader: header, Subprotocols: []string{wire.Subprotocol},
	})
	if err == nil {
		t.Cleanup(func() { conn.CloseNow() })
	}
	return conn, resp, err
}

// talk says something and waits for the ack.
func talk(t *testing.T, client *http.Client, site string, cookie *http.Cookie, origin string) {
	t.Helper()
	conn, resp, err := open(t, client, site, cookie, origin)
	if err != nil {
		t.Fatalf("open a socket: %v (%+v)", err, resp)
	}
	if resp.ProtoMajor != 1 {
		t.Errorf("a socket over %s", resp.Proto)
	}
	ctx, cancel := context.WithTimeout(t.Context(), fixture.HangLimit)
	defer cancel()
	nonce := wire.NewNonce()
	say := fmt.Sprintf(`{"command":"new_message","message":"hello","nonce":"%s"}`, nonce)
	if err := conn.Write(ctx, websocket.MessageText, []byte(say)); err != nil {
		t.Fatal(err)
	}
	for {
		_, frame, err := conn.Read(ctx)
		if err != nil {
			t.Fatalf("wait for the ack: %v", err)
		}
		if e, err := wire.ParseEvent(frame); err == nil && e.Event == "ack" && e.Nonce == nonce {
			return
		}
	}
}

func wantRefused(t *testing.T, client *http.Client, site string, cookie *http.Cookie, origin string) {
	t.Helper()
	if _, resp, err := open(t, client, site, cookie, origin); err == nil || resp == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("a socket from origin %q: %+v, %v; want 403", origin, resp, err)
	}
}
