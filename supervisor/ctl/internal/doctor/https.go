package doctor

import (
	"context"
	"crypto/tls"
	"net/http"
	"strconv"
	"strings"
	"time"
)

var httpsCheck = check{"https", checkHTTPS, nginxSite, []kind{
	{"plain-site", Warning, "everybody on the way reads what is said and may take sessions over", "get a certificate, then nginx/install.sh https NAME; or set --public-url"},
	{"plain-beside-https", Warning, "a guest who types no https talks in clear", "nginx/install.sh https NAME && systemctl reload nginx"},
	{"hsts-missing", Warning, "a browser may be led to the site over http", "include chatter/site.conf in the server of the site"},
	{"hsts-short", Note, "browsers forget soon that the site has https", `echo 'set $chatter_hsts "max-age=63072000";' > /etc/nginx/chatter.d/hsts.conf && systemctl reload nginx`},
}}

// shortHSTS is less than browsers want for their own list.
const shortHSTS = 180 * 24 * time.Hour

// checkHTTPS looks whether guests come over https and whether browsers remember that.
func checkHTTPS(ctx context.Context, m *Machine, r *result) {
	switch {
	case !m.site.Secure():
		r.find("plain-site", "the site is served over http only")
		return
	case !m.server.tls():
		r.notExamined("HSTS", "a proxy in front of nginx ends TLS (--public-url)")
		return
	}
	for _, other := range m.conf.sites() {
		if !other.tls() {
			r.find("plain-beside-https", "%s serves Chatter without TLS", other.title())
		}
	}
	answer, err := m.firstPage(ctx)
	if err != nil {
		r.notExamined("HSTS", "nginx does not answer at %s (%v)", m.server.local(), err)
		return
	}
	seconds := 0
	for part := range strings.SplitSeq(answer.Header.Get("Strict-Transport-Security"), ";") {
		if text, ok := strings.CutPrefix(strings.TrimSpace(part), "max-age="); ok {
			seconds, _ = strconv.Atoi(strings.Trim(text, `"`))
		}
	}
	switch age := time.Duration(seconds) * time.Second; {
	case age <= 0:
		r.find("hsts-missing", "the site sends no Strict-Transport-Security")
	case age < shortHSTS:
		r.find("hsts-short", "Strict-Transport-Security lasts %s only", days(age))
	default:
		r.figure = "HSTS " + days(age)
	}
}

// firstPage asks nginx on this machine for the first page over https, whatever its certificate
// is. The body of the answer is closed.
func (m *Machine) firstPage(ctx context.Context) (*http.Response, error) {
	client := http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext:       dialTo(m.server.local()),
			// The certificate is what is examined.
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: m.host()},
		},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.site.String()+"/", nil)
	if err != nil {
		return nil, err
	}
	answer, err := client.Do(req)
	if err == nil {
		answer.Body.Close()
	}
	return answer, err
}
