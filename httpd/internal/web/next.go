package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
)

const (
	signInPath = "/"
	indexPath  = "/index/"
)

// maxNext bounds the address to go on to. The longest room's address is less
// than half of it.
const maxNext = 2 << 10

// localPath returns the path of this site that s names, with its query, spelled
// as a Location header may hold it. It refuses whatever a browser could take
// for an address elsewhere: "//host" and, because browsers read a backslash as
// a slash and leave out tabs and line breaks, those anywhere.
func localPath(s string) (path string, ok bool) {
	if len(s) > maxNext || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") {
		return "", false
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) {
		return "", false
	}
	u, err := url.ParseRequestURI(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" {
		return "", false
	}
	path = u.EscapedPath()
	if strings.HasPrefix(path, "//") {
		return "", false
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	if path = escapeUnplain(path); len(path) > maxNext {
		return "", false
	}
	return path, true
}

// escapeUnplain percent-encodes what a header must not hold as it is: spaces
// and everything that is not ASCII.
func escapeUnplain(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// redirect sends the guest to a path of this site.
func redirect(c echo.Context, status int, path string) error {
	c.Response().Header().Set(echo.HeaderLocation, path)
	return c.NoContent(status)
}

// askToSignIn sends a guest without a session to the form, and from there to
// next; "" = to the index.
func askToSignIn(c echo.Context, next string) error {
	if next == "" {
		return redirect(c, http.StatusSeeOther, signInPath)
	}
	return redirect(c, http.StatusSeeOther, signInPath+"?next="+url.QueryEscape(next))
}

// addSlash answers an address that lacks its last slash.
func addSlash(c echo.Context) error {
	u := c.Request().URL
	path := u.EscapedPath() + "/"
	if strings.HasPrefix(path, "//") {
		return echo.ErrNotFound
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return redirect(c, http.StatusMovedPermanently, escapeUnplain(path))
}
