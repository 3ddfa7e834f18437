package vm_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const (
	siteName = "chat.example.org"
	// pebble is an ACME server for tests.
	pebble = "github.com/letsencrypt/pebble/v2/cmd/pebble@v2.10.3"
	// acmeDir holds it in the machine; acmeOptions name it to chatterctl.
	acmeDir     = "/var/tmp/acme"
	acmeOptions = " --acme-directory https://localhost:14000/dir --acme-ca " + acmeDir + "/ca.pem --agree-tos"
)

const pebbleSettings = `{"pebble": {
	"listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000",
	"certificate": "cert.pem", "privateKey": "key.pem", "httpPort": 80, "tlsPort": 443,
	"retryAfter": {"authz": 1, "order": 1},
	"profiles": {"default": {"description": "90 days", "validityPeriod": 7776000}}
}}
`

// startACME runs an ACME server in the machine, for which siteName is this machine.
func (m *machine) startACME() {
	m.t.Helper()
	dir := filepath.Join(m.root, acmeDir)
	build := exec.Command("go", "install", pebble)
	build.Env = append(os.Environ(), "GOBIN="+dir, "CGO_ENABLED=0", "GOFLAGS=-mod=mod")
	if out, err := build.CombinedOutput(); err != nil {
		m.t.Fatalf("build %s: %v\n%s", pebble, err, out)
	}
	writeAuthority(m.t, dir)
	if err := os.WriteFile(filepath.Join(dir, "pebble.json"), []byte(pebbleSettings), 0o644); err != nil {
		m.t.Fatal(err)
	}
	m.run("echo 127.0.0.1 localhost " + siteName + " >>/etc/hosts") // Debian 12 has no such file
	m.run("systemd-run --quiet --unit=pebble --working-directory=" + acmeDir + " --setenv=PEBBLE_VA_NOSLEEP=1 --setenv=PEBBLE_WFE_NONCEREJECT=0 " + acmeDir + "/pebble -config pebble.json")
	m.await("the ACME server answers", func() error {
		conn, err := m.dial(context.Background(), "tcp", "127.0.0.1:15000")
		if err == nil {
			conn.Close()
		}
		return err
	})
}

// writeAuthority writes the certificate of the ACME server's own https, and that of its authority.
func writeAuthority(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{"localhost"},
		NotBefore: authority.NotBefore, NotAfter: authority.NotAfter, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("key.pem", "PRIVATE KEY", private)
	for name, certificate := range map[string]*x509.Certificate{"ca.pem": authority, "cert.pem": server} {
		der, err := x509.CreateCertificate(rand.Reader, certificate, authority, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		write(name, "CERTIFICATE", der)
	}
}

// browser returns a client that knows only the authority that the ACME server signs with. All
// names lead to the machine.
func (m *machine) browser() *http.Client {
	m.t.Helper()
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return m.dial(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}
	manager := &http.Client{Timeout: hangLimit, Transport: &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	response, err := manager.Get("https://localhost:15000/roots/0")
	if err != nil {
		m.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(text) {
		m.t.Fatalf("%v, no certificate in %q", err, text)
	}
	client := m.client()
	client.Transport = &http.Transport{DialContext: dial, DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots}}
	return client
}
