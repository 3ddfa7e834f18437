package socket

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"

	"chatter/shared/origin"
	"chatter/shared/session"
)

// checkOrigin reports why the page that opened this socket may not. Browsers send the cookie
// of a site along with the sockets of all pages, and the Origin tells which page it is. A
// browser always sends one, so beside a cookie it must be there; a client that is not a
// browser sends the site's own.
func (s *Server) checkOrigin(r *http.Request, site origin.Origin) error {
	sent := r.Header.Get("Origin")
	if sent == "" {
		if _, err := r.Cookie(session.CookieName(site)); err == nil {
			return fmt.Errorf("the Origin is missing beside the cookie; a client that is not a browser must send: Origin: %s", site)
		}
		return nil
	}
	page, err := origin.Parse(sent)
	if err != nil {
		return errors.New("the Origin is not an address of http or https")
	}
	if page == site || s.listed(page, site) {
		return nil
	}
	if page.Host == site.Host {
		s.hintAtPublicURL()
	}
	return fmt.Errorf("the Origin is %s, but only pages of %s may connect", page, site)
}

// listed reports whether one of Origins names the page. A pattern without a scheme means
// the site's.
func (s *Server) listed(page, site origin.Origin) bool {
	for _, pattern := range s.Origins {
		pattern = strings.ToLower(pattern)
		if !strings.Contains(pattern, "://") {
			pattern = site.Scheme + "://" + pattern
		}
		if ok, err := path.Match(pattern, page.String()); ok && err == nil {
			return true
		}
	}
	return false
}

// hintAtPublicURL logs once why every page is refused behind a proxy that ends TLS and
// does not say so.
func (s *Server) hintAtPublicURL() {
	s.hinted.Do(func() {
		s.Logger.Warn("a page of the same host and another scheme may not connect; if a proxy in front of nginx ends TLS, set --public-url for both services")
	})
}
