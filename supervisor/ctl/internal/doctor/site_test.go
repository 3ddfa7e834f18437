package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// site installs the site over https, as install.sh does, and a server in place of nginx.
func (h *tree) site() {
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if h.hsts != "" {
			w.Header().Set("Strict-Transport-Security", h.hsts)
		}
	}))
	h.shown = h.certify(host, 90*24*time.Hour)
	front.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return &tls.Config{Certificates: []tls.Certificate{h.shown}}, nil
	}}
	front.Config.ErrorLog = nil
	front.StartTLS()
	h.t.Cleanup(front.Close)
	h.write("etc/nginx/nginx.conf", `user www-data;
worker_processes 2;
pid /run/nginx.pid;
include /etc/nginx/modules-enabled/*.conf;
events {
	worker_connections 768;
}
http {
	log_format short '$status';
	access_log /var/log/nginx/access.log; # "combined"; has {braces}
	include /etc/nginx/conf.d/*.conf;
	include /etc/nginx/sites-enabled/*;
}
`)
	cmd := exec.Command("../../../../nginx/install.sh", "https", host)
	cmd.Env = append(os.Environ(), "DESTDIR="+h.root, "CHATTER_HTTP_IPV4=127.0.0.1:1080", "CHATTER_HTTP_IPV6=", "CHATTER_HTTPS_IPV6=",
		"CHATTER_HTTPS_IPV4="+front.Listener.Addr().String(), "CHATTER_CERTIFICATE=/etc/cert.pem", "CHATTER_CERTIFICATE_KEY=/etc/key.pem",
		"CHATTER_HTTPD=unix:"+h.dir+"/httpd.sock", "CHATTER_WSD=unix:"+h.dir+"/wsd.sock")
	if out, err := cmd.CombinedOutput(); err != nil {
		h.t.Fatalf("install.sh: %v\n%s", err, out)
	}
	h.writeCertificate(h.shown)
	h.Machine.roots = x509.NewCertPool()
	h.Machine.roots.AddCert(h.authority)
}

// certify makes a certificate for a name, signed by the machine's authority.
func (h *tree) certify(name string, left time.Duration) tls.Certificate {
	h.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	h.check(err)
	if h.authority == nil {
		h.signer = key
		h.authority = h.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, 10*365*24*time.Hour, key)
		return h.certify(name, left)
	}
	template := &x509.Certificate{Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}}
	if ip := net.ParseIP(name); ip != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{ip}
	}
	leaf := h.sign(template, left, key)
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
}

func (h *tree) sign(template *x509.Certificate, left time.Duration, key *ecdsa.PrivateKey) *x509.Certificate {
	h.t.Helper()
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(left)
	parent := template
	if h.authority != nil {
		parent = h.authority
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, h.signer)
	h.check(err)
	c, err := x509.ParseCertificate(der)
	h.check(err)
	return c
}

func (h *tree) writeCertificate(c tls.Certificate) {
	h.write("etc/cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})))
}

// dump is what `nginx -T` prints.
func (h *tree) dump() string {
	names := []string{h.path("etc/nginx/nginx.conf")}
	for _, pattern := range []string{"modules-enabled/*.conf", "conf.d/*.conf", "chatter/*.conf", "chatter.d/*.conf", "sites-enabled/*"} {
		found, _ := filepath.Glob(h.path("etc/nginx", pattern))
		names = append(names, found...)
	}
	var b strings.Builder
	for _, name := range slices.Compact(names) {
		text, err := os.ReadFile(name)
		h.check(err)
		fmt.Fprintf(&b, "# configuration file %s:\n%s\n", strings.TrimPrefix(name, h.root), text)
	}
	return b.String()
}
