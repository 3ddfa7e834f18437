package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"chatter/supervisor/ctl/internal/setup"
)

var setUp = command{
	name: "setup", args: "NAME [OPTION...]",
	help: "gives the site its name and https; chatterctl setup --help lists its options",
	run:  runSetup,
}

const setupUsage = `chatterctl setup NAME [OPTION…] gives the site its name and a certificate, as root. Its steps can
be run again. supervisor/HTTPS.md explains them.

  --agree-tos                 as for certbot: you agree to the terms of the ACME server. Without it
                              certbot asks, if it can, unless it has an account already
  --email ADDRESS             as for certbot: where the ACME server writes to about the account
  --acme-directory URL        another ACME server than that of Let's Encrypt
  --acme-ca FILE              the authority of a private ACME server's own https
  --behind-proxy ADDRESSES    no certificate: proxies at these addresses or networks, separated by
                              commas, end TLS and name the client in X-Forwarded-For
  --dry-run                   print the steps and change nothing`

// runSetup prints what it does while it does it.
func runSetup(ctx context.Context, s *site, args []string) (string, error) {
	o, err := parseSetup(args)
	if errors.Is(err, flag.ErrHelp) {
		return setupUsage, nil
	}
	if err != nil {
		return "", misuse(err.Error() + "\n\n" + setupUsage)
	}
	// Programs that setup starts get the same signal; it puts the files of nginx back.
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	syscall.Umask(0o022)
	m := setup.This()
	m.Stdout = s.stdout
	m.Reload = func(ctx context.Context) (string, error) { return reload.run(ctx, s, nil) }
	return "", m.Run(ctx, o)
}

func parseSetup(args []string) (o setup.Options, err error) {
	fs := flag.NewFlagSet("setup", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&o.ACMEDirectory, "acme-directory", "", "")
	fs.StringVar(&o.ACMEAuthority, "acme-ca", "", "")
	fs.StringVar(&o.Email, "email", "", "")
	fs.BoolVar(&o.AgreeTOS, "agree-tos", false, "")
	fs.BoolVar(&o.DryRun, "dry-run", false, "")
	fs.Func("behind-proxy", "", func(s string) error {
		o.Proxies = strings.Split(s, ",")
		return nil
	})
	// The flag package stops at the name; options may follow it.
	var names []string
	for rest := args; ; {
		if err := fs.Parse(rest); err != nil {
			return o, err
		}
		if fs.NArg() == 0 {
			break
		}
		names, rest = append(names, fs.Arg(0)), fs.Args()[1:]
	}
	if len(names) != 1 {
		return o, fmt.Errorf("setup wants one NAME, got %q", names)
	}
	o.Name = names[0]
	return o, o.Check()
}
