package doctor

import (
	"context"
	"crypto/x509"
	"fmt"
	"path/filepath"
	"time"

	"chatter/supervisor/ctl/internal/certchain"
)

var certificateCheck = check{"certificate", checkCertificate, nginxSite, []kind{
	{"certificate-ends", Danger, "browsers refuse the site after that", "certbot renew && systemctl reload nginx"},
	{"certificate-ends-soon", Warning, "renewal should have happened a while ago", "certbot renew && systemctl reload nginx"},
	{"certificate-name", Danger, "browsers refuse the site", "certbot certonly --webroot -w /var/www/chatter -d %s"},
	{"certificate-stale", Warning, "nginx shows an older certificate than its file", "systemctl reload nginx"},
	{"certificate-untrusted", Warning, "browsers that trust what this machine trusts refuse the site", "certbot certonly --webroot -w /var/www/chatter -d %s"},
}}

// When a certificate of certbot has so much left, it should have been renewed.
const (
	certificateDanger = 7 * 24 * time.Hour
	certificateWarn   = 21 * 24 * time.Hour
)

// checkCertificate looks at the file that nginx names and at what nginx shows.
func checkCertificate(ctx context.Context, m *Machine, r *result) {
	if !m.server.tls() {
		r.notExamined("certificate", "nginx serves the site without TLS")
		return
	}
	file := value(m.server.effective("ssl_certificate"))
	if file == "" {
		r.notExamined("certificate", "no ssl_certificate is named")
		return
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(filepath.Dir(m.conf.file), file)
	}
	chain, err := certchain.Read(m.path(file))
	if err != nil {
		r.notExamined("certificate", "%v", err)
		return
	}
	leaf := chain[0]
	host := m.host()
	if err := leaf.VerifyHostname(host); err != nil {
		r.find("certificate-name", "%s is not for %s", file, host).fill(host)
	}
	switch left := leaf.NotAfter.Sub(m.now()); {
	case left < 0:
		r.find("certificate-ends", "%s has ended", file)
	case left < certificateDanger:
		r.find("certificate-ends", "%s ends in %s", file, days(left))
	case left < certificateWarn:
		r.find("certificate-ends-soon", "%s ends in %s", file, days(left))
	default:
		r.figure = days(left) + " left"
	}
	answer, err := m.firstPage(ctx)
	if err != nil {
		r.notExamined("certificate that nginx shows", "nginx does not answer at %s (%v)", m.server.local(), err)
		return
	}
	shown := answer.TLS.PeerCertificates
	if !shown[0].Equal(leaf) {
		r.find("certificate-stale", "nginx shows a certificate that ends on %s, its file has another", shown[0].NotAfter.Format(time.DateOnly))
	}
	options := x509.VerifyOptions{Roots: m.roots, CurrentTime: shown[0].NotBefore.Add(time.Minute)} // the end is a finding of its own
	if err := certchain.Verify(shown, options); err != nil {
		r.find("certificate-untrusted", "this machine does not trust the certificate: %v", err).fill(host)
	}
}

// days tells a duration in days, or less.
func days(d time.Duration) string {
	if d < 48*time.Hour {
		return fmt.Sprintf("%.0f hours", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}
