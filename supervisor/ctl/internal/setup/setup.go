// Package setup gives an installed Chatter its name and https. Its steps can be run again.
//
// The site of nginx is written by install.sh. Until nginx serves the site under its name, a
// step that fails puts the files of nginx back as they were before the first step. What
// follows, the settings and the restarts, stays as far as it has come.
package setup

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Options tell what to set up.
type Options struct {
	Name          string   // of the host
	Proxies       []string // addresses or networks of proxies that end TLS; none = https on this machine
	ACMEDirectory string   // URL; "" = certbot's default
	ACMEAuthority string   // file with the certificate of a private ACME server's own https
	Email         string   // for certbot
	AgreeTOS      bool     // for certbot
	DryRun        bool     // print the steps only
}

// Check validates o and brings its values into their usual form.
func (o *Options) Check() error {
	o.Name = strings.ToLower(o.Name)
	if err := checkName(o.Name); err != nil {
		return err
	}
	for i, proxy := range o.Proxies {
		o.Proxies[i] = strings.TrimSpace(proxy)
		_, addrErr := netip.ParseAddr(o.Proxies[i])
		if _, err := netip.ParsePrefix(o.Proxies[i]); err != nil && addrErr != nil {
			return fmt.Errorf("--behind-proxy: want addresses or networks such as 192.0.2.1,2001:db8::/48, got %q", proxy)
		}
	}
	certbot := o.ACMEDirectory != "" || o.ACMEAuthority != "" || o.Email != "" || o.AgreeTOS
	if certbot && len(o.Proxies) > 0 {
		return errors.New("--behind-proxy needs no certificate, so it goes with none of --acme-directory, --acme-ca, --email and --agree-tos")
	}
	if o.ACMEAuthority == "" {
		return nil
	}
	if _, err := os.ReadFile(o.ACMEAuthority); err != nil {
		return fmt.Errorf("--acme-ca: %w", err)
	}
	var err error
	o.ACMEAuthority, err = filepath.Abs(o.ACMEAuthority)
	return err
}

var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func checkName(name string) error {
	if net.ParseIP(name) != nil {
		return fmt.Errorf("%q is an address: want the name of a host, such as chat.example.org", name)
	}
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if !label.MatchString(l) {
			return fmt.Errorf("%q is not the name of a host: want letters, digits and hyphens with dots between, such as chat.example.org; other scripts are written as xn--", name)
		}
	}
	if len(name) > 253 || len(labels) < 2 {
		return fmt.Errorf("%q is not the full name of a host, such as chat.example.org", name)
	}
	return nil
}

// A step is one thing that setup does.
type step struct {
	does string // as it is printed
	run  func(context.Context) error
	left string // after a failure; "" = the files of nginx are put back
}

// Run does what o, which [Options.Check] has validated, tells.
func (m *Machine) Run(ctx context.Context, o Options) error {
	p := &plan{Machine: m, o: o}
	if err := p.examine(ctx); err != nil {
		return fmt.Errorf("%w\n%s", err, "Nothing has been changed.")
	}
	for _, s := range p.steps() {
		if o.DryRun {
			fmt.Fprintln(m.Stdout, "would", s.does)
			continue
		}
		fmt.Fprintln(m.Stdout, s.does)
		err := s.run(ctx)
		if err == nil {
			continue
		}
		left := s.left
		if left == "" {
			left = p.undo(context.WithoutCancel(ctx))
		}
		return fmt.Errorf("%s: %w\n%s", s.does, err, left+" Setup can be run again.")
	}
	if !o.DryRun {
		fmt.Fprintf(m.Stdout, "https://%s is set up.\n", o.Name)
	}
	return nil
}
