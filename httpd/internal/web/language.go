package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"chatter/httpd/internal/text"

	"github.com/labstack/echo/v4"
)

// languageCookie holds the language that the guest has chosen. It is the same for all who have
// chosen this language. nginx reads it, too, for its error pages.
const languageCookie = "chatter-lang"

// languageLife is how long a choice is remembered.
const languageLife = 365 * 24 * time.Hour

// language returns the language of the answer: the one that the guest has chosen, else by
// Accept-Language.
func (s *Site) language(c echo.Context) *text.Language {
	r := c.Request()
	if cookie, err := r.Cookie(languageCookie); err == nil {
		if l := s.languages.Named(cookie.Value); l != nil {
			return l
		}
	}
	return s.languages.Choose(strings.Join(r.Header.Values("Accept-Language"), ","))
}

// varyByLanguage tells caches what language looks at.
func varyByLanguage(h http.Header) {
	h.Add("Vary", "Accept-Language")
	h.Add("Vary", "Cookie")
}

// chooseLanguage answers POST /language/?next=…: it remembers the language and shows the page again.
func (s *Site) chooseLanguage(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	chosen := s.languages.Named(c.Request().PostForm.Get("to"))
	if chosen == nil {
		return echo.ErrBadRequest.WithInternal(errors.New("to is no language of this site"))
	}
	next, ok := localPath(c.QueryParam("next"))
	if !ok {
		next = signInPath
	}
	c.SetCookie(&http.Cookie{
		Name: languageCookie, Value: chosen.Lang, Path: "/", MaxAge: int(languageLife / time.Second),
		Secure: s.origin(c).Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	return c.Redirect(http.StatusSeeOther, next)
}

// here returns the address at which a GET shows the page of this request again, "" if there is
// none.
func here(r *http.Request) string {
	path := r.URL.EscapedPath()
	switch {
	case path == signOutPath || path == languagePath:
		return ""
	case r.Method == http.MethodPost: // to a page, or to an address below a room
		parts := strings.SplitAfterN(path, "/", 4)
		path = strings.Join(parts[:min(3, len(parts))], "")
	default:
		path += queryOf(r.URL)
	}
	path, _ = localPath(path)
	return path
}
