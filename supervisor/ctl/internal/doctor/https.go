package doctor

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"chatter/shared/origin"
)

// shortHSTS is less than browsers want for their own list.
const shortHSTS = 180 * 24 * time.Hour

// public returns the address of the site, and the server of nginx behind it; a server that is
// nil is not known.
func (m *Machine) public() (site origin.Origin, s *server) {
	if m.conf != nil {
		for _, one := range m.conf.sites() {
			if s == nil || one.tls() && !s.tls() {
				s = one
			}
		}
	}
	if o, err := origin.Parse(m.setting("", "public-url")); err == nil {
		return o, s
	}
	if s == nil {
		return origin.Origin{}, nil
	}
	scheme := "http"
	if s.tls() {
		scheme = "https"
	}
	host, port := s.name(), ""
	address := s.dial(s.tls())
	if i := strings.LastIndexByte(address, ':'); i >= 0 {
		port = address[i+1:]
		if host == "" {
			host = address[:i]
		}
	}
	o, _ := origin.Parse(scheme + "://" + host)
	if standard := map[string]string{"http": "80", "https": "443"}[scheme]; port != "" && port != standard {
		o, _ = origin.Parse(scheme + "://" + host + ":" + port)
	}
	return o, s
}

// checkHTTPS looks whether guests come over https and whether browsers remember that.
func checkHTTPS(ctx context.Context, m *Machine, r *result) {
	if !m.examinable(r, "https") {
		return
	}
	site, s := m.public()
	switch {
	case !site.Secure():
		r.found(plainSite, "the site is served over http only")
		return
	case !s.tls(): // a proxy in front of nginx ends TLS
		r.notExamined("HSTS", "a proxy in front of nginx ends TLS (--public-url)")
		return
	}
	for _, other := range m.conf.sites() {
		if !other.tls() {
			r.found(plainBeside, other.title()+" serves Chatter without TLS")
		}
	}
	answer, err := m.get(ctx, site, s)
	if err != nil {
		r.notExamined("HSTS", "nginx does not answer at %s (%v)", s.dial(true), err)
		return
	}
	header := answer.Header.Get("Strict-Transport-Security")
	seconds := -1
	for part := range strings.SplitSeq(header, ";") {
		if text, ok := strings.CutPrefix(strings.TrimSpace(part), "max-age="); ok {
			seconds, _ = strconv.Atoi(strings.Trim(text, `"`))
		}
	}
	switch age := time.Duration(seconds) * time.Second; {
	case seconds <= 0:
		r.found(hstsMissing, "the site sends no Strict-Transport-Security")
	case age < shortHSTS:
		r.found(hstsShort, fmt.Sprintf("Strict-Transport-Security lasts %s only", days(age)))
	default:
		r.figure = "HSTS " + days(age)
	}
}

// get asks nginx on this machine for the first page, whatever its certificate is.
func (m *Machine) get(ctx context.Context, site origin.Origin, s *server) (*http.Response, error) {
	client := http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext:       dialTo(s.dial(true)),
			// The certificate is what is examined.
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: hostOf(site)},
		},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, site.String()+"/", nil)
	if err != nil {
		return nil, err
	}
	answer, err := client.Do(req)
	if err == nil {
		answer.Body.Close()
	}
	return answer, err
}
