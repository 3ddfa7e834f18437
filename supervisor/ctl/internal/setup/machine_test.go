package setup

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"io/fs"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const siteName = "chat.example.org"

// fakes is every program that setup runs, by the name of the link to it. It notes its command
// line, fails if the test wants that call of this program to fail, and else does as much of the
// real program's work as setup sees.
const fakes = `#!/bin/sh
name=$(basename "$0")
echo "$name $*" >>"$FAKE/calls"
call=$FAKE/$name.$(grep -c "^$name " "$FAKE/calls")
if [ -e "$call" ]; then
	cat "$call" >&2
	rm "$call"
	exit 1
fi
case "$name $*" in
"systemctl reload"*)
	rm -rf "$FAKE/loaded"
	mkdir "$FAKE/loaded"
	cp "$ROOT/etc/nginx/conf.d/chatter.conf" "$FAKE/loaded/"
	cp "$ROOT/etc/letsencrypt/live/"*/fullchain.pem "$FAKE/loaded/" 2>/dev/null || true
	;;
"certbot "*)
	echo "REQUESTS_CA_BUNDLE=$REQUESTS_CA_BUNDLE" >"$FAKE/certbot.env"
	[ ! -e "$FAKE/certbot.waits" ] || read -r line <"$FAKE/certbot.waits"
	mkdir -p "$ROOT/etc/letsencrypt/live/` + siteName + `" "$ROOT/etc/letsencrypt/renewal"
	case "$*" in
	*--keep-until-expiring*) [ ! -e "$ROOT/etc/letsencrypt/live/` + siteName + `/fullchain.pem" ] || exit 0 ;;
	esac
	cp "$FAKE/issued.pem" "$ROOT/etc/letsencrypt/live/` + siteName + `/fullchain.pem"
	echo "$*" >"$ROOT/etc/letsencrypt/renewal/` + siteName + `.conf"
	systemctl reload nginx # the hook
	;;
esac
`

// machine is a Machine with the fakes in place of its programs and of nginx.
type machine struct {
	*Machine
	t    *testing.T
	fake string // directory of what the fakes know
	out  bytes.Buffer
	page atomic.Int64 // the status of the first page
}

// install returns a machine as the package leaves it: with the http site under another name.
func install(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, fake: t.TempDir()}
	root := t.TempDir()
	m.page.Store(http.StatusOK)
	m.Machine = &Machine{
		Root: root, Stdout: &m.out, Stderr: &m.out, Addresses: []string{"127.0.0.1"},
		Reload: func(ctx context.Context) (string, error) { return m.run(ctx, "chatterctl", "reload") },
	}
	m.HTTP, m.HTTPS = m.serve(false), m.serve(true)

	m.write("/etc/chatter/settings", "# settings\nCHATTER_LOG_FORMAT=json\n#CHATTER_PUBLIC_URL=https://chat.example.org\n")
	m.write("/etc/chatter/site", "http _\n# many guests\nCHATTER_SOCKETS_PER_ADDRESS=2000\n")
	m.write("/etc/nginx/nginx.conf", "include /etc/nginx/modules-enabled/*.conf;\nevents {\n\tworker_connections 768;\n}\n")
	m.write("/etc/nginx/conf.d/chatter.conf", "server_name _; # as the package leaves it\n")
	m.write("/etc/nginx/chatter.d/own.conf", "# the operator's\n")
	repository, err := filepath.Abs("../../../..")
	m.check(err)
	m.check(os.MkdirAll(m.path("/usr/share/chatter"), 0o755))
	m.check(os.Symlink(filepath.Join(repository, "nginx"), m.path("/usr/share/chatter/nginx")))
	for _, process := range []string{"httpd-0", "wsd-0"} {
		m.write("/run/chatter/"+process+".admin.sock", "")
	}

	m.know("program", fakes)
	m.check(os.Chmod(filepath.Join(m.fake, "program"), 0o755))
	m.check(os.Mkdir(filepath.Join(m.fake, "bin"), 0o755))
	for _, name := range []string{"nginx", "systemctl", "certbot", "chatterctl", "runuser"} {
		m.check(os.Symlink("../program", filepath.Join(m.fake, "bin", name)))
	}
	m.know("issued.pem", certificate(t))
	t.Setenv("FAKE", m.fake)
	t.Setenv("ROOT", root)
	t.Setenv("PATH", filepath.Join(m.fake, "bin")+":/usr/bin:/bin")
	return m
}

// serve is nginx, as far as setup asks it, with the configuration that was loaded last.
func (m *machine) serve(secure bool) (port string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	m.check(err)
	_, port, err = net.SplitHostPort(ln.Addr().String())
	m.check(err)
	if secure {
		ln = tls.NewListener(ln, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			c, err := tls.LoadX509KeyPair(filepath.Join(m.fake, "loaded/fullchain.pem"), filepath.Join(m.fake, "loaded/fullchain.pem"))
			return &c, err
		}})
	}
	m.start(ln, func(w http.ResponseWriter, r *http.Request) {
		conf, _ := os.ReadFile(filepath.Join(m.fake, "loaded/chatter.conf"))
		https := strings.Contains(string(conf), "ssl_certificate ")
		switch {
		case !strings.Contains(string(conf), "server_name "+r.Host+";"), secure && !https:
			panic(http.ErrAbortHandler)
		case strings.HasPrefix(r.URL.Path, "/.well-known/"):
			http.ServeFile(w, r, m.path(webroot+r.URL.Path))
		case https && !secure:
			http.Redirect(w, r, "https://"+r.Host+r.URL.Path, http.StatusMovedPermanently)
		default:
			w.WriteHeader(int(m.page.Load()))
		}
	})
	return port
}

func (m *machine) start(ln net.Listener, h http.HandlerFunc) {
	s := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	go s.Serve(ln)
	m.t.Cleanup(func() { s.Close() })
}

// certificate returns a new one with its key in one file.
func certificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), DNSNames: []string{siteName}, NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})) + string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

// options are those of the tests; another directory means that the authority is not checked.
func options() Options {
	return Options{Name: siteName, ACMEDirectory: "https://acme.example.org/dir", AgreeTOS: true}
}

// know tells the fakes something.
func (m *machine) know(name, text string) {
	m.t.Helper()
	m.check(os.WriteFile(filepath.Join(m.fake, name), []byte(text), 0o644))
}

// calls returns what the fakes were asked for since the last time, without the root.
func (m *machine) calls() []string {
	m.t.Helper()
	name := filepath.Join(m.fake, "calls")
	text, err := os.ReadFile(name)
	m.check(err)
	m.check(os.Remove(name))
	return strings.Split(strings.TrimSpace(strings.ReplaceAll(string(text), m.Root, "")), "\n")
}

// etc returns all files below /etc.
func (m *machine) etc() map[string]string {
	m.t.Helper()
	found := map[string]string{}
	m.check(filepath.WalkDir(m.path("/etc"), func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			var text []byte
			text, err = os.ReadFile(name)
			found[strings.TrimPrefix(name, m.Root)] = string(text)
		}
		return err
	}))
	return found
}

func (m *machine) write(name, text string) {
	m.t.Helper()
	m.check(os.MkdirAll(filepath.Dir(m.path(name)), 0o755))
	m.check(os.WriteFile(m.path(name), []byte(text), 0o644))
}

func (m *machine) read(name string) string {
	m.t.Helper()
	text, err := os.ReadFile(m.path(name))
	m.check(err)
	return string(text)
}

func (m *machine) check(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}
