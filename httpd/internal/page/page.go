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
)

// Page is the content of one template.
type Page interface {
	template() string // the file in templates/, without its ending
	lang() string
}

// scripts are the templates' scripts.
var scripts = map[string]string{"signin": "door", "index": "index", "share": "door", "room": "room", "log": "", "error": "door", "privacy": "door", "moderator": "door", "order": ""}

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
	p := &Pages{pages: make(map[pageKey]*template.Template), cache: newCache(maxCacheBytes, min(maxLife, kept.Message)), seed: maphash.MakeSeed()}
	var err error
	if p.fragments, err = template.ParseFS(embedded, "templates/fragments.html"); err != nil {
		return nil, err
	}
	for name, sample := range map[string]any{"messages": []message{{}}, "user": recentLine{}, "room": recentLine{}} {
		if _, err := p.execute(name, sample); err != nil {
			return nil, err
		}
	}
	for _, l := range languages {
		ideas, err := p.execute("ideas", ideas(l))
		if err != nil {
			return nil, err
		}
		b := Base{Lang: l.Lang}
		for _, sample := range []Page{SignIn{Base: b}, Index{Base: b}, Share{Base: b}, Room{Base: b}, Log{Base: b}, Failure{Base: b}, Privacy{Base: b}, Moderator{Base: b}, Order{Base: b}} {
			name := sample.template()
			if p.pages[pageKey{name, l.Lang}], err = parse(name, newConstants(l, languages, a, scripts[name], ideas, kept)); err != nil {
				return nil, fmt.Errorf("template %s: %w", name, err)
			}
			if err := p.Render(io.Discard, sample); err != nil {
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
