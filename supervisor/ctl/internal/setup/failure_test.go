package setup

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	nothing  = "Nothing has been changed."
	putBack  = "The site is as it was before setup, and so are the settings."
	siteOnly = "The site stays as it is now, the settings as they were."
	stays    = "The site and the settings stay as they are now."
)

// Each call of each program fails once. Setup says so and what it has left; run again, it gets
// to its end.
func TestRun_EachCallMayFail(t *testing.T) {
	for _, c := range []struct {
		program string
		call    int
		says    string // beside what the program says
		left    string
		called  []string
	}{
		{"nginx", 1, "nginx refuses its configuration as it is", nothing, examined},
		{"nginx", 2, "write the http site", putBack, slices.Concat(all[:2], reloaded)},
		{"systemctl", 1, "write the http site", putBack, slices.Concat(all[:3], reloaded)},
		{"certbot", 1, "get a certificate", putBack, slices.Concat(all[:4], reloaded)},
		{"nginx", 3, "write the https site", putBack, slices.Concat(all[:6], reloaded)},
		{"systemctl", 3, "write the https site", putBack, slices.Concat(all[:7], reloaded)},
		{"runuser", 1, "set CHATTER_PUBLIC_URL", siteOnly, all[:8]},
		{"runuser", 2, "set CHATTER_PUBLIC_URL", siteOnly, all[:9]},
		{"chatterctl", 1, "have each process take the settings", stays, all[:10]},
	} {
		t.Run(fmt.Sprint(c.program, c.call), func(t *testing.T) {
			m := install(t)
			before := m.etc()
			m.know(fmt.Sprint(c.program, ".", c.call), "this is broken")
			err := m.Run(t.Context(), options())
			wantError(t, err, c.says, c.left)
			if c.program != "certbot" { // which speaks to the operator itself
				wantError(t, err, "this is broken")
			}
			m.wantCalls(c.called)
			after := m.etc()
			if c.left == nothing || c.left == putBack {
				for name := range after {
					if strings.HasPrefix(name, "/etc/letsencrypt/") {
						delete(after, name)
					}
				}
				if d := cmp.Diff(before, after); d != "" {
					t.Error(d)
				}
			}
			if c.left == siteOnly && after["/etc/chatter/settings"] != before["/etc/chatter/settings"] {
				t.Errorf("the settings are %q", after["/etc/chatter/settings"])
			}
			m.check(m.Run(t.Context(), options()))
			m.wantSetUp()
			if calls := m.calls(); !slices.Contains(calls, restarted[0]) {
				t.Errorf("the second run does %q: the processes do not take the settings", calls)
			}
		})
	}
}

func wantError(t *testing.T, err error, says ...string) {
	t.Helper()
	for _, part := range says {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("the error is %v, want it to say %q", err, part)
		}
	}
}

// nginx goes on with the files before if it cannot get a port. It does so with a certificate that
// was there before setup, too.
func TestRun_NginxDoesNotFollow(t *testing.T) {
	m := install(t)
	before := m.etc()
	https := m.HTTPS
	m.HTTPS = m.HTTP // somebody else has the port
	for range 2 {
		wantError(t, m.Run(t.Context(), options()), "write the https site", "ss -ltnp", putBack)
		if now := m.etc()["/etc/nginx/conf.d/chatter.conf"]; now != before["/etc/nginx/conf.d/chatter.conf"] {
			t.Errorf("the site is\n%s", now)
		}
	}
	m.HTTPS = https
	m.check(m.Run(t.Context(), options()))
	m.wantSetUp()
}

// A certificate of an authority that no browser knows is not taken for https.
func TestRun_UnknownAuthority(t *testing.T) {
	m := install(t)
	o := options()
	o.ACMEDirectory = ""
	wantError(t, m.Run(t.Context(), o), "get a certificate", "unknown authority", putBack)
}

func TestRun_AnotherCertificateIsPresented(t *testing.T) {
	m := install(t)
	m.check(m.Run(t.Context(), options()))
	m.know("loaded/fullchain.pem", certificate(t))
	p := &plan{Machine: m.Machine, o: options()}
	wantError(t, p.answersHTTPS(t.Context()), "nginx presents another certificate")
}

func TestRun_PageIsBroken(t *testing.T) {
	m := install(t)
	m.page.Store(http.StatusBadGateway)
	wantError(t, m.Run(t.Context(), options()), "the first page has status 502", "supervisorctl status", stays)
	m = install(t)
	m.page.Store(http.StatusBadGateway)
	wantError(t, m.Run(t.Context(), Options{Name: siteName, Proxies: []string{"192.0.2.1"}}), "the first page has status 502", stays)
}

func TestRun_DebiansDefaultSiteIsThere(t *testing.T) {
	m := install(t)
	m.know("nginx.2", "nginx: [emerg] a duplicate default server for 0.0.0.0:80 in /etc/nginx/sites-enabled/default:22")
	wantError(t, m.Run(t.Context(), options()), "duplicate default server", "remove it from /etc/nginx/sites-enabled", putBack)
}

func TestRun_NginxDoesNotTakeTheOldFilesBack(t *testing.T) {
	m := install(t)
	m.know("nginx.2", "first")
	m.know("nginx.3", "second")
	wantError(t, m.Run(t.Context(), options()), "first", "second", "are as they were before setup, but nginx does not use them")
}

func TestRun_MissingPartsAreNamed(t *testing.T) {
	for missing, says := range map[string]string{
		"certbot": "apt-get install certbot", "/run/chatter/httpd-0.admin.sock": "no process of httpd runs",
		"/run/chatter/wsd-0.admin.sock": "no process of wsd runs",
		"/etc/chatter/settings":         "is the package chatter installed?", "/usr/share/chatter/nginx": "is the package chatter installed?",
	} {
		t.Run(missing, func(t *testing.T) {
			m := install(t)
			gone := m.path(missing)
			if !filepath.IsAbs(missing) {
				gone = filepath.Join(m.fake, "bin", missing)
				t.Setenv("PATH", filepath.Join(m.fake, "bin")) // the machine that runs this test may have it
			}
			m.check(os.Remove(gone))
			before := m.etc()
			wantError(t, m.Run(t.Context(), options()), says, nothing)
			if after := m.etc(); !maps.Equal(before, after) {
				t.Error(cmp.Diff(before, after))
			}
		})
	}
}

// The operator ends setup while certbot works.
func TestRun_IsInterrupted(t *testing.T) {
	m := install(t)
	before := m.etc()
	m.check(syscall.Mkfifo(filepath.Join(m.fake, "certbot.waits"), 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		// It can be opened when certbot has opened it.
		os.OpenFile(filepath.Join(m.fake, "certbot.waits"), os.O_WRONLY, 0)
		cancel()
	}()
	wantError(t, m.Run(ctx, options()), "get a certificate", putBack)
	if d := cmp.Diff(before, m.etc()); d != "" {
		t.Error(d)
	}
}
