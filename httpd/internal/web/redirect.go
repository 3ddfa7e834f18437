package web

import (
	"net/http"
	"net/url"
	"strings"

	"chatter/httpd/internal/text"
	"chatter/shared/name"

	"github.com/labstack/echo/v4"
)

// maxNext bounds the address to go on to. The longest address of a room takes less than
// half of it.
const maxNext = 2 << 10

// localPath returns the path and query of s in the spelling of a Location header. It
// refuses addresses that a browser could read as another site's: those that begin with
// "//", and those with a backslash, which browsers read as a slash, or with a tab or line
// break, which browsers remove.
func localPath(s string) (path string, ok bool) {
	if len(s) > maxNext || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.Contains(s, `\`) {
		return "", false
	}
	u, err := url.ParseRequestURI(s) // refuses control characters
	if err != nil {
		return "", false
	}
	path = escapeUnplain(u.EscapedPath()) + queryOf(u)
	if len(path) > maxNext || strings.HasPrefix(path, "//") {
		return "", false
	}
	return path, true
}

// escapeUnplain percent-encodes the characters that a header must not contain: spaces,
// control characters and everything that is not ASCII.
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

// askToSignIn sends a guest without a session to the sign-in form, and from there to next,
// "" = the index.
func askToSignIn(c echo.Context, next string) error {
	return c.Redirect(http.StatusSeeOther, signInAddress(next))
}

// signInAddress is the address of the sign-in form that leads to next.
func signInAddress(next string) string {
	if next == "" {
		return signInPath
	}
	return signInPath + "?next=" + url.QueryEscape(next)
}

// addSlash redirects an address without its last slash.
func addSlash(c echo.Context) error {
	u := c.Request().URL
	path := u.EscapedPath() + "/"
	if strings.HasPrefix(path, "//") {
		return echo.ErrNotFound
	}
	return c.Redirect(http.StatusMovedPermanently, escapeUnplain(path)+queryOf(u))
}

// queryOf returns the query of an address with its question mark, as a header may contain it.
func queryOf(u *url.URL) string {
	if u.RawQuery == "" {
		return ""
	}
	return "?" + escapeUnplain(u.RawQuery)
}

// back sends the browser to the page that the form names in its field next, which shows a
// notice, or to the room.
func back(c echo.Context, room name.Room, notice string) error {
	next, ok := localPath(c.Request().PostForm.Get("next"))
	if !ok {
		return c.Redirect(http.StatusSeeOther, room.Path())
	}
	separator := "?"
	if strings.Contains(next, "?") {
		separator = "&"
	}
	return c.Redirect(http.StatusSeeOther, next+separator+"notice="+notice)
}

// noticeIn returns the text of the notice that an address asks for, "" for none.
func noticeIn(c echo.Context, l *text.Language) string {
	switch notice := c.QueryParam("notice"); notice {
	case "reported", "too_many", "accepted", "unknown", "later":
		return l.Text("notice." + notice)
	}
	return ""
}
