package https_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"chatter/supervisor/run/child"
	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

const (
	halfOpen = 10_000
	// perAddress keeps each address below the limits of its class.
	perAddress = 100
)

// testHalfOpen holds half-open connections in an nginx that waits an hour for each, so that
// they stay until the test is over, however slow this machine is. Others are served meanwhile.
func testHalfOpen(t *testing.T, s *stack.Stack) {
	wantFiles(t)
	m := install(t, s, "https", func(m *machine) {
		path := filepath.Join(m.root, "etc/nginx/chatter/every-server.conf")
		conf, err := os.ReadFile(path)
		m.check(err)
		text := strings.NewReplacer("client_header_timeout       10s", "client_header_timeout 1h", "client_body_timeout         10s", "client_body_timeout 1h").Replace(string(conf))
		if strings.Count(text, "_timeout 1h;") != 2 {
			t.Fatalf("the timeouts are not there:\n%s", text)
		}
		m.write("etc/nginx/chatter/every-server.conf", text)
	})
	conns := m.openHalves(t)
	fixture.Await(t, "nginx holds all of them", func() bool { return m.descriptors(t) >= halfOpen })
	begun := time.Now()
	client := m.client(m.loopbacks[0], false)
	if resp, _ := get(t, client, m.url("http")+"/", nil); resp.StatusCode != http.StatusMovedPermanently {
		t.Errorf("a guest over http: %s", resp.Status)
	}
	cookie := signIn(t, client, m.url("https"))
	talk(t, client, m.url("https"), cookie, m.url("https"))
	t.Logf("beside %d half-open connections a guest signs in and talks within %v", halfOpen, time.Since(begun))
	if open := stillOpen(t, conns); len(open) != halfOpen {
		t.Errorf("%d half-open connections are left, want %d: they were not all there", len(open), halfOpen)
	}
}

// testHalfOpenEnds waits until the nginx that install.sh sets up has closed each half-open
// connection.
func testHalfOpenEnds(t *testing.T, s *stack.Stack) {
	wantFiles(t)
	m := install(t, s, "https", nil)
	m.wantTimeouts(t)
	begun := time.Now()
	open := m.openHalves(t)
	fixture.Await(t, "nginx closes all half-open connections", func() bool {
		open = stillOpen(t, open)
		return len(open) == 0
	}, func() string { return fmt.Sprint(len(open), " are open") })
	t.Logf("%d half-open connections are closed after %v", halfOpen, time.Since(begun))
	if resp, _ := get(t, m.client(m.loopbacks[0], false), m.url("https")+"/", nil); resp.StatusCode != 200 {
		t.Errorf("a guest afterwards: %s", resp.Status)
	}
}

// wantTimeouts checks each server{}: for a connection that names no host, nginx takes those of
// the default server.
func (m *machine) wantTimeouts(t *testing.T) {
	for _, http := range named(m.conf(t), "http") {
		for _, server := range named(http.block, "server") {
			for name, want := range map[string]string{"client_header_timeout": "10s", "client_body_timeout": "10s"} {
				if got := fmt.Sprint(named(server.block, name)); got != fmt.Sprintf("[{[%s %s] []}]", name, want) {
					t.Errorf("%s in the server on %v, want %s", got, named(server.block, "listen"), want)
				}
			}
		}
	}
}

// wantFiles skips the test if this process may not have as many connections.
func wantFiles(t *testing.T) {
	t.Helper()
	const want = halfOpen + 2000
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur >= want {
		return
	}
	raised := syscall.Rlimit{Cur: want, Max: max(want, limit.Max)}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised); err != nil {
		t.Skipf("needs %d open files, and this user may have %d (ulimit -Hn)", want, limit.Max)
	}
}

// openHalves opens half-open connections from many addresses and closes them with the test:
// half a header, half a TLS handshake, nothing at all, and a form without the rest of its body.
func (m *machine) openHalves(t *testing.T) (conns []*net.TCPConn) {
	t.Helper()
	begun := time.Now()
	site := siteName + ":" + m.httpsPort
	for i := range halfOpen {
		port, text := m.httpPort, "GET /chat/theroom/ HTTP/1.1\r\nHost: "+siteName+"\r\nCookie: chat"
		switch i % 20 {
		case 0: // a form
			port, text = m.httpsPort, "POST /index/ HTTP/1.1\r\nHost: "+site+"\r\nContent-Length: 1000\r\n\r\nuser="
		case 1, 2:
			text = ""
		case 3, 4, 5, 6, 7: // the first bytes of a handshake of TLS
			port, text = m.httpsPort, "\x16\x03\x01\x02\x00\x01\x00"
		}
		source := &net.TCPAddr{IP: net.IPv4(127, 1, byte(i/perAddress), 1)}
		dialer := net.Dialer{LocalAddr: source, Timeout: fixture.HangLimit}
		conn, err := dialer.DialContext(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			t.Fatalf("half-open connection %d: %v", i, err)
		}
		t.Cleanup(func() { conn.Close() })
		conns = append(conns, conn.(*net.TCPConn))
		var w io.Writer = conn
		if strings.HasPrefix(text, "POST") {
			w = tls.Client(conn, &tls.Config{RootCAs: m.authority, ServerName: siteName})
		}
		// An error means that nginx has closed it already, which stillOpen sees.
		_, _ = io.WriteString(w, text)
	}
	t.Logf("%d half-open connections from %d addresses within %v", halfOpen, halfOpen/perAddress, time.Since(begun))
	return conns
}

// stillOpen returns the connections that nginx has not closed. It drops bytes that arrived.
func stillOpen(t *testing.T, conns []*net.TCPConn) (open []*net.TCPConn) {
	t.Helper()
	buffer := make([]byte, 4096)
	for _, conn := range conns {
		raw, err := conn.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		if err := raw.Read(func(fd uintptr) bool {
			n := 1
			for n > 0 {
				n, err = syscall.Read(int(fd), buffer)
			}
			return true
		}); err != nil {
			t.Fatal(err)
		}
		if err == syscall.EAGAIN {
			open = append(open, conn)
		}
	}
	return open
}

// descriptors returns how many sockets the workers of nginx have open.
func (m *machine) descriptors(t *testing.T) (n int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(m.root, "nginx.pid"))
	m.check(err)
	master, err := strconv.Atoi(strings.TrimSpace(string(text)))
	m.check(err)
	for _, worker := range child.Of(master) {
		files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", worker))
		m.check(err)
		n += len(files)
	}
	return n
}
