package web

import (
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/language"
)

// languages chooses among the texts that there are.
type languages struct {
	texts   []*texts // the default first
	matcher language.Matcher

	mu     sync.Mutex
	chosen map[string]*texts // by what was asked for
}

// There are few browsers and many requests. What is asked for may be anything, though.
const (
	maxChosen      = 1000
	maxChosenBytes = 200
)

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
	l.mu.Lock()
	t, ok := l.chosen[accept]
	l.mu.Unlock()
	if ok {
		return t
	}
	_, i := language.MatchStrings(l.matcher, accept)
	if len(accept) <= maxChosenBytes {
		l.mu.Lock()
		defer l.mu.Unlock()
		if len(l.chosen) >= maxChosen || l.chosen == nil {
			l.chosen = make(map[string]*texts)
		}
		l.chosen[accept] = l.texts[i]
	}
	return l.texts[i]
}
