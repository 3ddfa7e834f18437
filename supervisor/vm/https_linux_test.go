package vm_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"chatter/supervisor/lab/guest"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

const siteHTTPS = "https://" + siteName

// getsHTTPS has chatterctl give the package's site its name and https, and takes all of it back.
func getsHTTPS(t *testing.T, s *scenario) {
	s.startACME()
	t.Cleanup(func() {
		s.run("systemctl stop pebble; sed -i /" + siteName + "/d /etc/hosts; [ -s /etc/hosts ] || rm /etc/hosts; cd /etc/letsencrypt && rm -rf accounts archive csr keys live renewal renewal-hooks /var/lib/letsencrypt")
	})
	setup := "chatterctl setup " + siteName
	before := s.run("cat /etc/chatter/* /etc/nginx/conf.d/* /etc/nginx/chatter/*")
	if out, err := s.try(setup + " --agree-tos"); err == nil || !strings.Contains(out, "certbot certonly") || !strings.Contains(out, "The site is as it was before setup") {
		t.Errorf("without a way to the ACME server: %v\n%s", err, out)
	}
	if now := s.run("cat /etc/chatter/* /etc/nginx/conf.d/* /etc/nginx/chatter/*"); now != before {
		t.Errorf("files after a setup that failed:\n%s", difference(t, before, now))
	}
	s.serves("any.example.net")

	t.Logf("%s", s.run(setup+acmeOptions))
	browser := s.browser()
	page := want(t, browser, siteHTTPS+"/", http.StatusOK)
	if got := page.Header.Get("Strict-Transport-Security"); got != "max-age=86400" {
		t.Errorf("Strict-Transport-Security: %q", got)
	}
	if got := want(t, browser, "http://"+siteName+"/index/", http.StatusMovedPermanently).Header.Get("Location"); got != siteHTTPS+"/index/" {
		t.Errorf("http leads to %q", got)
	}
	for _, scheme := range []string{"http", "https"} {
		if response, err := browser.Get(scheme + "://any.example.net/"); err == nil {
			t.Errorf("another host gets status %d over %s", response.StatusCode, scheme)
		}
	}
	cookie := signIn(t, browser, "Ann")
	says(t, browser, cookie, "Https", "hello over TLS")
	if !cookie.Secure || !strings.HasPrefix(cookie.Name, "__Host-") {
		t.Errorf("the cookie is %v", cookie)
	}

	first := page.TLS.PeerCertificates[0].SerialNumber
	t.Logf("%s", s.run("REQUESTS_CA_BUNDLE="+acmeDir+"/ca.pem certbot renew --force-renewal --no-random-sleep-on-renew"))
	s.await("nginx presents the renewed certificate", func() error {
		if now := want(t, browser, siteHTTPS+"/", http.StatusOK).TLS.PeerCertificates[0].SerialNumber; now.Cmp(first) == 0 {
			return fmt.Errorf("it is the one before, %v", now)
		}
		return nil
	})

	renewed := s.run("cat /etc/letsencrypt/live/*/fullchain.pem")
	out := s.run(setup + acmeOptions)
	if now := s.run("cat /etc/letsencrypt/live/*/fullchain.pem"); now != renewed || strings.Contains(out, "write the http site") {
		t.Errorf("a second setup takes https away or gets another certificate:\n%s", out)
	}
	heard(t, browser, cookie, "Https", "hello over TLS")

	s.run(setup + " --behind-proxy 127.0.0.1")
	behindProxy(t, s)
}

// behindProxy asks as a proxy does that ends TLS.
func behindProxy(t *testing.T, s *scenario) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/index/", strings.NewReader("user=Bob"))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = siteName
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", siteHTTPS)
	r.Header.Set("X-Forwarded-For", "192.0.2.7")
	response, err := s.client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if cookies := response.Cookies(); len(cookies) != 1 || !cookies[0].Secure {
		t.Errorf("behind a proxy: status %d, cookies %v; want one that is Secure", response.StatusCode, cookies)
	}
}

// want gets a page that must have a status.
func want(t *testing.T, client *http.Client, url string, status int) *http.Response {
	t.Helper()
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != status {
		t.Errorf("%s: status %d, want %d", url, response.StatusCode, status)
	}
	return response
}

func signIn(t *testing.T, client *http.Client, name string) *http.Cookie {
	t.Helper()
	cookie, err := guest.SignIn(t.Context(), client, siteHTTPS, name)
	if err != nil {
		t.Fatal(err)
	}
	return cookie
}

// says says a message over a WebSocket and returns when it is acked.
func says(t *testing.T, client *http.Client, cookie *http.Cookie, room, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hangLimit)
	defer cancel()
	header := http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}, "Origin": {siteHTTPS}}
	untimed := &http.Client{Transport: client.Transport} // the context has the limit
	ws, _, err := websocket.Dial(ctx, "wss://"+siteName+"/ws/chat/"+room+"/?since=0", &websocket.DialOptions{
		HTTPClient: untimed, HTTPHeader: header, Subprotocols: []string{"chatter.v1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	nonce := rand.Text()
	if err := wsjson.Write(ctx, ws, map[string]string{"command": "new_message", "message": text, "nonce": nonce}); err != nil {
		t.Fatal(err)
	}
	for {
		var event struct{ Event, Nonce, Code string }
		if err := wsjson.Read(ctx, ws, &event); err != nil {
			t.Fatal(err)
		}
		if event.Nonce != nonce {
			continue
		}
		if event.Event != "ack" {
			t.Fatalf("the answer is %+v", event)
		}
		return
	}
}

// heard checks that a guest who is signed in finds a message in the page of a room.
func heard(t *testing.T, client *http.Client, cookie *http.Cookie, room, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, siteHTTPS+"/chat/"+room+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(cookie)
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(page), text) {
		t.Errorf("status %d, %v: the page of %s does not have %q", response.StatusCode, err, room, text)
	}
}
