// Package https_test runs the site as install.sh puts it on a VM, over http and https, in an
// nginx whose http{} is Debian's, and before real services.
package https_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"chatter/shared/redistest"
	"chatter/supervisor/run/child"
	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

func TestMain(m *testing.M) { os.Exit(fixture.Main(m)) }

// siteName is the name of the site. All its addresses are on the loopback interface.
const siteName = "chat.example.org"

// machine is an nginx with the site below a directory that stands for the root of a VM.
type machine struct {
	t             *testing.T
	root          string
	httpPort      string
	httpsPort     string
	loopbacks     []string // 127.0.0.1 and, if this system has it, ::1
	authority     *x509.CertPool
	logs          string // the directory of nginx's logs
	acme, chatter string // ACME's directory, and the operator's
}

// install puts the site, "http" or "https", on a new machine in front of the services of s,
// and starts nginx. prepare may change the machine before; env holds values for install.sh.
func install(t *testing.T, s *stack.Stack, site string, prepare func(*machine), env ...string) *machine {
	t.Helper()
	root := fixture.Dir(t)
	m := &machine{
		t: t, root: root, loopbacks: loopbacks(), logs: filepath.Join(root, "var/log/nginx"),
		acme: filepath.Join(root, "acme"), chatter: filepath.Join(root, "etc/nginx/chatter.d"),
	}
	m.writeCertificate()
	m.write("etc/nginx/nginx.conf", debianConf(t, root))
	m.mkdir("var/log/nginx")
	for range 5 { // somebody else may take a free port before nginx does
		m.httpPort, m.httpsPort = redistest.Port(t), redistest.Port(t)
		m.run(exec.Command("../../../nginx/install.sh", site, siteName), append(m.values(s), env...)...)
		if prepare != nil {
			prepare(m)
		}
		if m.start() {
			return m
		}
	}
	t.Fatalf("nginx does not start:\n%s", m.log("error.log"))
	return nil
}

// values returns the environment of install.sh.
func (m *machine) values(s *stack.Stack) []string {
	on := func(port string, i int) string {
		if i >= len(m.loopbacks) {
			return ""
		}
		return net.JoinHostPort(m.loopbacks[i], port)
	}
	return []string{
		"DESTDIR=" + m.root, "CHATTER_ACME=" + m.acme,
		"CHATTER_HTTP_IPV4=" + on(m.httpPort, 0), "CHATTER_HTTP_IPV6=" + on(m.httpPort, 1),
		"CHATTER_HTTPS_IPV4=" + on(m.httpsPort, 0), "CHATTER_HTTPS_IPV6=" + on(m.httpsPort, 1),
		"CHATTER_CERTIFICATE=" + filepath.Join(m.root, "certificate.pem"),
		"CHATTER_CERTIFICATE_KEY=" + filepath.Join(m.root, "key.pem"),
		"CHATTER_HTTPD=unix:" + filepath.Join(s.Dir(), "httpd.sock"),
		"CHATTER_WSD=unix:" + filepath.Join(s.Dir(), "wsd.sock"),
	}
}

// debianConf is Debian's nginx.conf, as far as it concerns a site, below root.
func debianConf(t *testing.T, root string) string {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("ROOT", root, "USER", me.Username).Replace(`user USER;
worker_processes 2;
pid ROOT/nginx.pid;
error_log ROOT/var/log/nginx/error.log;
include modules-enabled/*.conf;
events {
	worker_connections 768;
	# multi_accept on;
}
http {
	client_body_temp_path ROOT/tmp-body;
	proxy_temp_path ROOT/tmp-proxy;
	fastcgi_temp_path ROOT/tmp-fastcgi;
	uwsgi_temp_path ROOT/tmp-uwsgi;
	scgi_temp_path ROOT/tmp-scgi;
	sendfile on;
	default_type application/octet-stream;
	ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
	ssl_prefer_server_ciphers on;
	access_log ROOT/var/log/nginx/access.log;
	gzip on;
	include ROOT/etc/nginx/conf.d/*.conf;
}
`)
}

func (m *machine) nginx(args ...string) *exec.Cmd {
	path, err := exec.LookPath("nginx")
	if err != nil {
		path = "/usr/sbin/nginx"
	}
	return exec.Command(path, append([]string{"-p", filepath.Join(m.root, "usr/share/nginx"), "-c", filepath.Join(m.root, "etc/nginx/nginx.conf")}, args...)...)
}

// start reports whether nginx answers; if not, it has ended.
func (m *machine) start() bool {
	m.t.Helper()
	cmd := m.nginx("-g", "daemon off;")
	ended, err := child.Start(cmd, syscall.SIGTERM)
	if err != nil {
		m.t.Fatal(err)
	}
	for {
		if conn, err := net.Dial("tcp", net.JoinHostPort(m.loopbacks[0], m.httpPort)); err == nil {
			conn.Close()
			break
		}
		select {
		case <-ended:
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
	m.t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		if m.t.Failed() {
			m.t.Logf("error.log:\n%s\nchatter-access.log:\n%s", m.log("error.log"), m.log("chatter-access.log"))
		}
	})
	return true
}

// client connects to the machine whatever host is asked for, over IPv4 or IPv6.
func (m *machine) client(loopback string, http2 bool) *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       fixture.HangLimit,
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				_, port, _ := net.SplitHostPort(addr)
				return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(loopback, port))
			},
			TLSClientConfig:   &tls.Config{RootCAs: m.authority},
			ForceAttemptHTTP2: http2,
			DisableKeepAlives: true,
		},
	}
}

// url is the address of the site, without a slash at its end.
func (m *machine) url(scheme string) string {
	return scheme + "://" + siteName + ":" + map[string]string{"http": m.httpPort, "https": m.httpsPort}[scheme]
}

func (m *machine) writeCertificate() {
	m.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	m.check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: siteName}, DNSNames: []string{siteName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	m.check(err)
	certificate, err := x509.ParseCertificate(der)
	m.check(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	m.check(err)
	m.write("certificate.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	m.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	m.authority = x509.NewCertPool()
	m.authority.AddCert(certificate)
}
