package setup

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const certbotLine = "certbot certonly --webroot -w /var/www/chatter --cert-name chat.example.org -d chat.example.org" +
	" --deploy-hook systemctl reload nginx --keep-until-expiring --server https://acme.example.org/dir --agree-tos" +
	" --register-unsafely-without-email --non-interactive"

var (
	examined  = []string{"nginx -t"}
	reloaded  = []string{"nginx -t", "systemctl reload-or-restart nginx"}
	certified = []string{certbotLine, "systemctl reload nginx"}
	checked   = []string{"runuser -u chatter -- /usr/lib/chatter/current/httpd --settings /etc/chatter/settings --check", "runuser -u chatter -- /usr/lib/chatter/current/wsd --settings /etc/chatter/settings --check"}
	restarted = []string{"chatterctl reload"}
	all       = slices.Concat(examined, reloaded, certified, reloaded, checked, restarted)
)

func (m *machine) wantCalls(want []string) {
	m.t.Helper()
	if d := cmp.Diff(want, m.calls()); d != "" {
		m.t.Errorf("calls (-want +got):\n%s", d)
	}
}

func (m *machine) wantSetUp() {
	m.t.Helper()
	if conf := m.read("/etc/nginx/conf.d/chatter.conf"); !strings.Contains(conf, "ssl_certificate     /etc/letsencrypt/live/chat.example.org/fullchain.pem;") {
		m.t.Errorf("the site is\n%s", conf)
	}
	if got, want := m.read("/etc/chatter/site"), "https chat.example.org\n# many guests\nCHATTER_SOCKETS_PER_ADDRESS=2000\n"; got != want {
		m.t.Errorf("an upgrade would install %q, want %q", got, want)
	}
	if part := m.read("/etc/nginx/chatter/site.conf"); !strings.Contains(part, "limit_conn chatter_sockets 2000;") {
		m.t.Errorf("the operator's value is not in\n%s", part)
	}
	if got, want := m.read("/etc/chatter/settings"), "# settings\nCHATTER_LOG_FORMAT=json\nCHATTER_PUBLIC_URL=https://chat.example.org\n"; got != want {
		m.t.Errorf("the settings are %q, want %q", got, want)
	}
	if !strings.HasSuffix(m.out.String(), "\nhttps://chat.example.org is set up.\n") {
		m.t.Errorf("it says %q", m.out.String())
	}
}

func TestRun_GetsHTTPS(t *testing.T) {
	m := install(t)
	m.check(m.Run(t.Context(), options()))
	m.wantCalls(all)
	m.wantSetUp()
	if left, _ := os.ReadDir(m.path(webroot + "/.well-known/acme-challenge")); len(left) > 0 {
		t.Errorf("%s is left in the webroot", left[0].Name())
	}
}

// A setup that is run again never serves the site without https.
func TestRun_AgainChangesNothing(t *testing.T) {
	m := install(t)
	m.check(m.Run(t.Context(), options()))
	before := m.etc()
	m.calls()
	m.check(m.Run(t.Context(), options()))
	m.wantCalls(slices.Concat(examined, reloaded, []string{certbotLine}, restarted))
	if d := cmp.Diff(before, m.etc()); d != "" {
		t.Error(d)
	}
}

// A certificate that somebody has got otherwise, or from another server, is renewed at once.
func TestRun_RenewsACertificateOfAnotherKind(t *testing.T) {
	for _, renewal := range []string{
		"webroot_path = /var/www/chatter\nserver = https://acme.example.org/dir\n",
		"renew_hook = systemctl reload nginx\nserver = https://acme.example.org/dir\n",
		"renew_hook = systemctl reload nginx\nwebroot_path = /var/www/chatter\nserver = https://trial.example.org/dir\n",
	} {
		m := install(t)
		m.write("/etc/letsencrypt/live/chat.example.org/fullchain.pem", certificate(t))
		m.write("/etc/letsencrypt/renewal/chat.example.org.conf", renewal)
		m.check(m.Run(t.Context(), options()))
		calls := m.calls()
		if want := strings.Replace(certbotLine, "--keep-until-expiring", "--force-renewal", 1); !slices.Contains(calls, want) {
			t.Errorf("calls %q, want %q", calls, want)
		}
		m.wantSetUp()
	}
}

func TestRun_BehindAProxy(t *testing.T) {
	m := install(t)
	o := Options{Name: siteName, Proxies: []string{"192.0.2.1", "2001:db8::/48"}}
	m.check(m.Run(t.Context(), o))
	m.wantCalls(slices.Concat(examined, reloaded, checked, restarted))
	if conf := m.read("/etc/nginx/conf.d/chatter.conf"); !strings.Contains(conf, "server_name chat.example.org;") || strings.Contains(conf, "ssl") {
		t.Errorf("the site is\n%s", conf)
	}
	want := proxyHead + "# The limits count the clients of these proxies, and not the proxies.\n" +
		"set_real_ip_from 192.0.2.1;\nset_real_ip_from 2001:db8::/48;\nreal_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n"
	if got := m.read(proxyFile); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// Later the machine gets a certificate of its own. Nobody may name clients to it any more.
	m.check(m.Run(t.Context(), options()))
	m.wantSetUp()
	if _, found := m.etc()[proxyFile]; found {
		t.Error("the file of proxies is left")
	}
}

func TestRun_LeavesAFileOfProxiesThatTheOperatorWrote(t *testing.T) {
	m := install(t)
	m.write(proxyFile, "set_real_ip_from 192.0.2.9;\n")
	before := m.etc()
	err := m.Run(t.Context(), Options{Name: siteName, Proxies: []string{"192.0.2.1"}})
	if err == nil || !strings.Contains(err.Error(), "setup has not written "+proxyFile) || !maps.Equal(before, m.etc()) {
		t.Errorf("%v, %s", err, cmp.Diff(before, m.etc()))
	}
	m.check(m.Run(t.Context(), options()))
	if got := m.read(proxyFile); got != "set_real_ip_from 192.0.2.9;\n" {
		t.Errorf("it is %q", got)
	}
}

func TestRun_Dry(t *testing.T) {
	m := install(t)
	before := m.etc()
	o := options()
	o.DryRun = true
	m.check(m.Run(t.Context(), o))
	m.wantCalls(examined)
	if d := cmp.Diff(before, m.etc()); d != "" {
		t.Error(d)
	}
	want := `would write the http site of chat.example.org (/usr/share/chatter/nginx/install.sh http chat.example.org), check it with nginx -t and reload nginx
would get a certificate, or keep the one that is there: certbot certonly --webroot -w /var/www/chatter --cert-name chat.example.org -d chat.example.org --deploy-hook "systemctl reload nginx" --keep-until-expiring --server https://acme.example.org/dir --agree-tos --register-unsafely-without-email --non-interactive
would write the https site of chat.example.org (/usr/share/chatter/nginx/install.sh https chat.example.org), check it with nginx -t and reload nginx
would set CHATTER_PUBLIC_URL=https://chat.example.org in /etc/chatter/settings
would have each process take the settings, one after the other (chatterctl reload)
would check that https://chat.example.org answers through nginx at an address of this machine
`
	if d := cmp.Diff(want, strings.ReplaceAll(m.out.String(), m.Root, "")); d != "" {
		t.Error(d)
	}
}

func TestRun_HandsTheAuthorityToCertbot(t *testing.T) {
	m := install(t)
	o := options()
	o.ACMEAuthority = filepath.Join(m.fake, "issued.pem")
	m.check(m.Run(t.Context(), o))
	got, err := os.ReadFile(filepath.Join(m.fake, "certbot.env"))
	m.check(err)
	if want := "REQUESTS_CA_BUNDLE=" + o.ACMEAuthority + "\n"; string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
}
