package web

import (
	"strings"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/language"
)

// languages chooses among the texts that there are.
type languages struct {
	texts   []*texts // the default first
	matcher language.Matcher
}

func newLanguages(all []*texts) *languages {
	tags := make([]language.Tag, len(all))
	for i, t := range all {
		tags[i] = t.tag
	}
	return &languages{texts: all, matcher: language.NewMatcher(tags)}
}

// of returns the texts in the language that a request likes best (RFC 9110, section
// 12.5.4); the default for one that asks for nothing, or for nothing that there is.
func (l *languages) of(c echo.Context) *texts {
	accept := strings.Join(c.Request().Header.Values("Accept-Language"), ",")
	if accept == "" {
		return l.texts[0]
	}
	_, i := language.MatchStrings(l.matcher, accept)
	return l.texts[i]
}
