package setup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const (
	settingsFile = "/etc/chatter/settings"
	publicURL    = "CHATTER_PUBLIC_URL"
	programs     = "/usr/lib/chatter/current/"
	user         = "chatter"
)

// setting matches the line that sets the public URL, or one that shows how.
var setting = regexp.MustCompile(`(?m)^(#[ \t]*)?` + publicURL + `=.*$`)

// hasPublicURL reports whether the settings name url.
func (p *plan) hasPublicURL(url string) bool {
	text, err := os.ReadFile(p.path(settingsFile))
	return err == nil && withPublicURL(string(text), url) == string(text)
}

// withPublicURL returns the settings with the line that names url.
func withPublicURL(text, url string) string {
	line := publicURL + "=" + url
	found := setting.FindAllStringIndex(text, -1)
	for _, at := range found {
		if text[at[0]] != '#' {
			return text[:at[0]] + line + text[at[1]:]
		}
	}
	if len(found) > 0 {
		return text[:found[0][0]] + line + text[found[0][1]:]
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
	for _, service := range []string{"httpd", "wsd"} {
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
	for _, service := range []string{"httpd", "wsd"} {
		if found, _ := filepath.Glob(p.path("/run/chatter/" + service + "-*.admin.sock")); len(found) == 0 {
			return fmt.Errorf("no process of %s runs: `supervisorctl status` and its log in /var/log/chatter tell why", service)
		}
	}
	return nil
}
