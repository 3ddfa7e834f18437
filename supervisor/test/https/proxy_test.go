package https_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

// testOperator checks that lines in chatter.d count and that an upgrade keeps them.
func testOperator(t *testing.T, s *stack.Stack) {
	const own = "set $chatter_hsts \"max-age=63072000\";\n"
	m := install(t, s, "https", func(m *machine) { m.write("etc/nginx/chatter.d/hsts.conf", own) })
	resp, _ := get(t, m.client(m.loopbacks[0], true), m.url("https")+"/", nil)
	wantHSTS(t, resp, "max-age=63072000")
	m.run(exec.Command("../../../nginx/install.sh", "https", siteName), m.values(s)...)
	if text, err := os.ReadFile(filepath.Join(m.chatter, "hsts.conf")); err != nil || string(text) != own {
		t.Errorf("after an upgrade the operator's file holds %q, %v", text, err)
	}
}

// testNamedProxy counts sockets per address: the address that a proxy names counts only if
// the operator has named the proxy.
func testNamedProxy(t *testing.T, s *stack.Stack) {
	for name, test := range map[string]struct {
		conf string
		want int // for a second socket, of another client of the proxy
	}{
		"no proxy":      {"", http.StatusTooManyRequests},
		"this proxy":    {"set_real_ip_from 127.0.0.1;\nreal_ip_header X-Forwarded-For;\n", http.StatusSwitchingProtocols},
		"another proxy": {"set_real_ip_from 192.0.2.1;\nreal_ip_header X-Forwarded-For;\n", http.StatusTooManyRequests},
	} {
		m := install(t, s, "http", func(m *machine) { m.write("etc/nginx/chatter.d/proxy.conf", test.conf) }, "CHATTER_SOCKETS_PER_ADDRESS=1")
		client, site := m.client("127.0.0.1", false), m.url("http")
		cookie, err := guest.SignIn(t.Context(), client, site, "Ann")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, resp, err := open(t, client, site, cookie, site, "X-Forwarded-For: 198.51.100.1"); err != nil {
			t.Fatalf("%s: %v, %+v", name, err, resp)
		}
		if _, resp, _ := open(t, client, site, cookie, site, "X-Forwarded-For: 198.51.100.2"); resp == nil || resp.StatusCode != test.want {
			t.Errorf("%s: the second client got %+v, want %d", name, resp, test.want)
		}
		resp, _ := get(t, client, site+"/", nil)
		wantHSTS(t, resp, "")
	}
}

// A proxy of the operator ends TLS and passes requests on over http.
func TestPublicURL_BehindAProxyThatEndsTLS(t *testing.T) {
	const site = "https://" + siteName
	s := fixture.Start(t, stack.Options{Env: []string{"CHATTER_PUBLIC_URL=" + site}})
	m := install(t, s, "http", nil)
	client := behindTLS(t, m)
	cookie := signIn(t, client, site)
	resp, page := get(t, client, site+"/chat/theroom/", cookie)
	if want := `"` + site + `/chat/theroom/"`; resp.StatusCode != 200 || !strings.Contains(page, want) {
		t.Errorf("the room: %s, want 200 and the address %s", resp.Status, want)
	}
	if got := resp.Header.Get("Content-Security-Policy"); !strings.Contains(got, "connect-src 'self' wss://"+siteName) {
		t.Errorf("the policy does not name the site's sockets: %s", got)
	}
	for path, want := range map[string]string{"/chat/?room=theroom": "/chat/theroom/", "/index": "/index/"} {
		resp, _ := get(t, client, site+path, cookie)
		if to, err := resp.Location(); err != nil || to.String() != site+want {
			t.Errorf("%s leads to %v, %v; want %s", path, to, err, site+want)
		}
	}
	talk(t, client, site, cookie, site)
	wantRefused(t, client, site, cookie, "http://"+siteName)
	wantRefused(t, client, site, cookie, m.url("http"))
}

// behindTLS returns a client that reaches the machine through a proxy with TLS.
func behindTLS(t *testing.T, m *machine) *http.Client {
	t.Helper()
	target := &url.URL{Scheme: "http", Host: "127.0.0.1:" + m.httpPort}
	front := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}})
	certificate, err := tls.LoadX509KeyPair(filepath.Join(m.root, "certificate.pem"), filepath.Join(m.root, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	front.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	front.StartTLS()
	t.Cleanup(front.Close)
	client := m.client("127.0.0.1", false)
	transport := client.Transport.(*http.Transport)
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dial(ctx, network, front.Listener.Addr().String())
	}
	return client
}
