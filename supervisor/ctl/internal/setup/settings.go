package setup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"chatter/supervisor/ctl/internal/admin"
	"chatter/supervisor/run/services"
)

const (
	settingsFile = "/etc/chatter/settings"
	publicURL    = "CHATTER_PUBLIC_URL"
	programs     = "/usr/lib/chatter/current/"
	user         = "chatter"
)

// urlLines match the line that sets the public URL, and the one that shows how.
var urlLines = []*regexp.Regexp{
	regexp.MustCompile(`(?m)^` + publicURL + `=.*$`),
	regexp.MustCompile(`(?m)^#[ \t]*` + publicURL + `=.*$`),
}

// hasPublicURL reports whether the settings name url.
func (p *plan) hasPublicURL(url string) bool {
	text, err := os.ReadFile(p.path(settingsFile))
	return err == nil && withPublicURL(string(text), url) == string(text)
}

// withPublicURL returns the settings with the line that names url.
func withPublicURL(text, url string) string {
	line := publicURL + "=" + url
	for _, pattern := range urlLines {
		if at := pattern.FindStringIndex(text); at != nil {
			return text[:at[0]] + line + text[at[1]:]
		}
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text + line + "\n"
}

// setPublicURL changes the settings, unless a service refuses them.
func (p *plan) setPublicURL(ctx context.Context, url string) error {
	name := p.path(settingsFile)
	before, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := replace(name, []byte(withPublicURL(string(before), url))); err != nil {
		return err
	}
	for _, service := range services.Names {
		if _, err := p.run(ctx, "runuser", "-u", user, "--", p.path(programs+service), "--settings", name, "--check"); err != nil {
			return errors.Join(err, replace(name, before))
		}
	}
	return nil
}

func (p *plan) reloadServices(ctx context.Context) error {
	text, err := p.Reload(ctx)
	if err == nil {
		fmt.Fprintln(p.Stdout, text)
	}
	return err
}

// servicesRun checks that there is a process of each service that can be reloaded.
func (p *plan) servicesRun(context.Context) error {
	processes := admin.Find(p.path("/run/chatter"))
	for _, service := range services.Names {
		if !slices.ContainsFunc(processes, func(found admin.Process) bool { return found.Service == service }) {
			return fmt.Errorf("no process of %s runs: `supervisorctl status` and its log in /var/log/chatter tell why", service)
		}
	}
	return nil
}
