package doctor

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// When a certificate of certbot has so much left, it should have been renewed.
const (
	certificateDanger = 7 * 24 * time.Hour
	certificateWarn   = 21 * 24 * time.Hour
)

// checkCertificate looks at the file that nginx names and at what nginx shows.
func checkCertificate(ctx context.Context, m *Machine, r *result) {
	if !m.examinable(r, "certificate") {
		return
	}
	site, s := m.public()
	if !s.tls() {
		r.notExamined("certificate", "nginx serves the site without TLS")
		return
	}
	named := s.effective("ssl_certificate")
	if len(named) == 0 || len(named[0].args) != 1 {
		r.notExamined("certificate", "no ssl_certificate is named")
		return
	}
	file := named[0].args[0]
	if !filepath.IsAbs(file) {
		file = filepath.Join(filepath.Dir(m.conf.file), file)
	}
	leaf, err := readCertificate(m.path(file))
	if err != nil {
		r.notExamined("certificate", "%v", err)
		return
	}
	host := hostOf(site)
	if err := leaf.VerifyHostname(host); err != nil {
		r.found(certificateName, file+" is not for "+host, host)
	}
	left := leaf.NotAfter.Sub(m.now())
	switch what := fmt.Sprintf("%s ends in %s", file, days(left)); {
	case left < 0:
		r.found(certificateEnds, file+" has ended")
	case left < certificateDanger:
		r.found(certificateEnds, what)
	case left < certificateWarn:
		r.found(certificateSoon, what)
	default:
		r.figure = days(left) + " left"
	}
	answer, err := m.get(ctx, site, s)
	if err != nil {
		r.notExamined("certificate that nginx shows", "nginx does not answer at %s (%v)", s.dial(true), err)
		return
	}
	shown := answer.TLS.PeerCertificates
	if !shown[0].Equal(leaf) {
		r.found(certificateStale, "nginx shows a certificate that ends on "+shown[0].NotAfter.Format(time.DateOnly)+", its file has another")
	}
	between := x509.NewCertPool()
	for _, c := range shown[1:] {
		between.AddCert(c)
	}
	if _, err := shown[0].Verify(x509.VerifyOptions{Roots: m.roots, Intermediates: between, CurrentTime: shown[0].NotBefore.Add(time.Minute)}); err != nil {
		r.found(certificateTrust, "this machine does not trust the certificate: "+err.Error(), host)
	}
}

func readCertificate(path string) (*x509.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	first, _ := pem.Decode(text)
	if first == nil {
		return nil, fmt.Errorf("%s holds no certificate", path)
	}
	return x509.ParseCertificate(first.Bytes)
}

// days tells a duration in days, or less.
func days(d time.Duration) string {
	if d < 48*time.Hour {
		return fmt.Sprintf("%.0f hours", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}
