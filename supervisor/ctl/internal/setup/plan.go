package setup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// plan is one setup of a machine.
type plan struct {
	*Machine
	o      Options
	before files // nginx's, as they were
}

// examine finds what would make a step fail, and changes nothing.
func (p *plan) examine(ctx context.Context) error {
	if p.Root == "" && os.Geteuid() != 0 {
		return errors.New("setup writes to /etc: run it as root")
	}
	if _, err := exec.LookPath("certbot"); err != nil && len(p.o.Proxies) == 0 {
		return errors.New("certbot is not installed. Install it with: apt-get install certbot")
	}
	for _, file := range []string{installer, settingsFile} {
		if _, err := os.Stat(p.path(file)); err != nil {
			return fmt.Errorf("%w; is the package chatter installed?", err)
		}
	}
	// They may have been started just now.
	if err := p.eventually(ctx, p.servicesRun); err != nil {
		return err
	}
	if _, err := p.run(ctx, "nginx", "-t"); err != nil {
		return fmt.Errorf("nginx refuses its configuration as it is; correct this first: %w", err)
	}
	if err := p.checkProxyFile(); err != nil {
		return err
	}
	var err error
	p.before, err = p.nginxFiles()
	return err
}

// steps returns what is to do, in this order.
func (p *plan) steps() (steps []step) {
	name, url := p.o.Name, "https://"+p.o.Name
	site := func(kind string, answers func(context.Context) error) step {
		return step{
			does: fmt.Sprintf("write the %s site of %s (%s %s %s), check it with nginx -t and reload nginx", kind, name, installer, kind, name),
			run:  func(ctx context.Context) error { return p.install(ctx, kind, answers) },
		}
	}
	check := step{
		does: "check that " + url + " answers through nginx at an address of this machine",
		run:  func(ctx context.Context) error { return p.eventually(ctx, p.answersHTTPS) },
		left: "The site and the settings stay as they are now.",
	}
	certbot := step{
		does: "get a certificate, or keep the one that is there: " + shown(p.certbot()),
		run:  p.getCertificate,
	}
	switch {
	case len(p.o.Proxies) > 0:
		steps = append(steps, site("http", p.servesChallenges))
		steps[0].does += "; " + proxyFile + " names " + strings.Join(p.o.Proxies, ", ")
		check.does = "check that http://" + name + ", as the proxy asks for it, answers through nginx at an address of this machine"
		check.run = func(ctx context.Context) error { return p.eventually(ctx, p.answersHTTP) }
	case p.hasCertificate(): // https never ends for a setup that is run again
		steps = append(steps, site("https", p.servesHTTPS), certbot)
	default:
		steps = append(steps, site("http", p.servesChallenges), certbot, site("https", p.servesHTTPS))
	}
	if !p.hasPublicURL(url) {
		steps = append(steps, step{
			does: "set " + publicURL + "=" + url + " in " + settingsFile,
			run:  func(ctx context.Context) error { return p.setPublicURL(ctx, url) },
			left: "The site stays as it is now, the settings as they were.",
		})
	}
	return append(steps, step{
		does: "have each process take the settings, one after the other (chatterctl reload)",
		run:  p.reloadServices,
		left: "The site and the settings stay as they are now.",
	}, check)
}
