// Package page renders the pages, in two steps.
//
// The parts in [[ ]] of a template depend only on the language: they are filled in when the
// service starts. The parts in {{ }} are filled in for each request.
//
// A list that is equal for all guests is a fragment: it is rendered when its content
// changes and cached until then, and the page is rendered around it. A fragment is made
// from log entries or recent lists alone. No function that makes one takes a guest, a form
// or a host, so the cache cannot show one guest's data to another.
//
// The package knows neither requests nor sessions.
package page

import (
	"fmt"
	"hash/maphash"
	"html/template"
	"io"
	"sync/atomic"

	"chatter/httpd/internal/assets"
	"chatter/httpd/internal/text"
	"chatter/shared/name"
	"chatter/shared/roomlog"
)

// Page is the content of one template.
type Page interface {
	template() string // the file in templates/, without its ending
	lang() string
}

// templates are the pages without content, and their scripts.
var templates = []struct {
	sample Page
	script string // as assets.Scripts takes it
}{
	{SignIn{}, "door"}, {Index{}, "index"}, {Share{}, "door"}, {Room{}, "room"}, {Log{}, ""},
	{Failure{}, "door"}, {Privacy{}, "door"}, {Moderator{}, "door"}, {Order{}, ""},
}

// Pages renders pages in all languages. It is safe for concurrent use.
type Pages struct {
	pages     map[pageKey]*template.Template
	fragments *template.Template
	cache     *cache
	seed      maphash.Seed
	forgotten atomic.Int64 // when Forget was called last, in Unix nanoseconds
}

type pageKey struct{ template, lang string }

// New parses the embedded templates in each language, and executes each of them once:
// html/template finds a misspelled field, or a place where it cannot escape, only then.
func New(a *assets.Assets, languages []*text.Language, kept Kept) (*Pages, error) {
	p := &Pages{
		pages: make(map[pageKey]*template.Template),
		cache: newCache(maxCacheBytes, min(maxLife, kept.Message)),
		seed:  maphash.MakeSeed(),
	}
	var err error
	if p.fragments, err = template.ParseFS(embedded, "templates/fragments.html"); err != nil {
		return nil, err
	}
	for fragment, sample := range map[string]any{"messages": []message{{}}, "user": recentLine{}, "room": recentLine{}} {
		if _, err := p.execute(fragment, sample); err != nil {
			return nil, err
		}
	}
	for _, l := range languages {
		ideas, err := p.execute("ideas", ideas(l))
		if err != nil {
			return nil, err
		}
		c := constants{
			Language: l, Languages: languages, Static: a.Base, Ideas: ideas,
			NameLength: name.MaxClusters, Most: roomlog.DefaultMaxLen, Kept: kept,
		}
		for _, t := range templates {
			key := pageKey{t.sample.template(), l.Lang}
			c.Scripts = a.Scripts(t.script, l)
			if p.pages[key], err = parse(key.template, c); err != nil {
				return nil, fmt.Errorf("template %s: %w", key.template, err)
			}
			if err := p.pages[key].ExecuteTemplate(io.Discard, "layout", t.sample); err != nil {
				return nil, err
			}
		}
	}
	return p, nil
}

// Render writes the page. An error leaves a part of it in w.
func (p *Pages) Render(w io.Writer, page Page) error {
	t := p.pages[pageKey{page.template(), page.lang()}]
	if err := t.ExecuteTemplate(w, "layout", page); err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	return nil
}
