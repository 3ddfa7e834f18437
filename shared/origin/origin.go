// Package origin tells under which scheme and host a browser sees the site. Links, the
// session cookie and the check of a WebSocket's Origin depend on it.
//
// It must not know sessions, pages or sockets.
package origin

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Origin is a scheme and a host as a browser writes them: in lower case, without the
// scheme's default port. The zero Origin is none.
type Origin struct {
	Scheme string // "http" or "https"
	Host   string // with the port, unless it is the default
}

// Parse reads an origin such as https://chat.example.org. A path, a query and a user name are
// errors.
func Parse(s string) (Origin, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || !strings.EqualFold(u.Scheme+"://"+u.Host, s) {
		return Origin{}, fmt.Errorf("%q: want http or https, a host and nothing else, such as https://chat.example.org", s)
	}
	return normal(u.Scheme, u.Host), nil
}

// Of returns the origin under which the browser that sent r sees the site. That is public,
// unless it is zero: then nginx names the scheme in X-Forwarded-Proto, where it overwrites a
// client's value, and passes the Host on.
func Of(r *http.Request, public Origin) Origin {
	if public != (Origin{}) {
		return public
	}
	scheme := "http"
	if r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return normal(scheme, r.Host)
}

func normal(scheme, host string) Origin {
	host = strings.ToLower(host)
	if scheme == "https" {
		return Origin{scheme, strings.TrimSuffix(host, ":443")}
	}
	return Origin{scheme, strings.TrimSuffix(host, ":80")}
}

// Port returns the port of the host, "" for the scheme's default and for a Host header without
// a number there.
func (o Origin) Port() string {
	_, port, err := net.SplitHostPort(o.Host)
	if err != nil || strings.Trim(port, "0123456789") != "" {
		return ""
	}
	return port
}

// Secure reports whether the browser uses https.
func (o Origin) Secure() bool { return o.Scheme == "https" }

// String returns the origin as a browser writes it, "" for none.
func (o Origin) String() string {
	if o == (Origin{}) {
		return ""
	}
	return o.Scheme + "://" + o.Host
}
