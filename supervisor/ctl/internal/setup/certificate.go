package setup

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"time"

	"chatter/supervisor/ctl/internal/certchain"
)

const (
	webroot    = "/var/www/chatter"
	deployHook = "systemctl reload nginx"
)

func (p *plan) certificateFile() string {
	return p.path("/etc/letsencrypt/live/" + p.o.Name + "/fullchain.pem")
}

// certificates reads the certificate of the site and those that connect it with an authority.
func (p *plan) certificates() ([]*x509.Certificate, error) {
	chain, err := certchain.Read(p.certificateFile())
	if err != nil {
		return nil, err
	}
	if err := chain[0].VerifyHostname(p.o.Name); err != nil {
		return nil, fmt.Errorf("%s: %w", p.certificateFile(), err)
	}
	return chain, nil
}

// hasCertificate reports whether the https site can be served already.
func (p *plan) hasCertificate() bool {
	chain, err := p.certificates()
	return err == nil && time.Now().Before(chain[0].NotAfter)
}

// renewedAsHere reports whether certbot renews the certificate as setup would have it: checked
// through the webroot, by this ACME server, with a reload of nginx. Somebody may have got the
// certificate otherwise, or for a trial.
func (p *plan) renewedAsHere() bool {
	text, err := os.ReadFile(p.path("/etc/letsencrypt/renewal/" + p.o.Name + ".conf"))
	if err != nil {
		return false
	}
	for _, part := range []string{deployHook, webroot, p.o.ACMEDirectory} {
		if !strings.Contains(string(text), part) {
			return false
		}
	}
	chain, err := p.certificates()
	return err == nil && p.trusts(chain) == nil
}

// trusts checks that browsers trust a certificate. The authority of another ACME directory need
// not be one of this system's.
func (p *plan) trusts(chain []*x509.Certificate) error {
	if p.o.ACMEDirectory != "" {
		return nil
	}
	return certchain.Verify(chain, x509.VerifyOptions{DNSName: p.o.Name})
}

// certbot returns the command line that gets the certificate or keeps the one that is there.
func (p *plan) certbot() []string {
	line := []string{
		"certbot", "certonly", "--webroot", "-w", p.path(webroot), "--cert-name", p.o.Name, "-d", p.o.Name,
		"--deploy-hook", deployHook,
	}
	if p.hasCertificate() && !p.renewedAsHere() {
		line = append(line, "--force-renewal")
	} else {
		line = append(line, "--keep-until-expiring")
	}
	if p.o.ACMEDirectory != "" {
		line = append(line, "--server", p.o.ACMEDirectory)
	}
	if p.o.AgreeTOS {
		line = append(line, "--agree-tos")
	}
	switch {
	case p.o.Email != "":
		line = append(line, "--email", p.o.Email)
	case p.o.AgreeTOS:
		line = append(line, "--register-unsafely-without-email")
	}
	if p.o.AgreeTOS || !p.Terminal {
		line = append(line, "--non-interactive")
	}
	return line
}

func (p *plan) getCertificate(ctx context.Context) error {
	var env []string
	if p.o.ACMEAuthority != "" {
		env = append(env, "REQUESTS_CA_BUNDLE="+p.o.ACMEAuthority)
	}
	line := p.certbot()
	cmd := p.command(ctx, env, line[0], line[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.Stdin, p.Stdout, p.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w; certbot says above why", err)
	}
	chain, err := p.certificates()
	if err == nil {
		err = p.trusts(chain)
	}
	if err != nil {
		return fmt.Errorf("certbot is done, but the certificate is not as expected: %w", err)
	}
	return nil
}

// shown returns a command line as a shell takes it.
func shown(line []string) string {
	return strings.Replace(strings.Join(line, " "), deployHook, `"`+deployHook+`"`, 1)
}
