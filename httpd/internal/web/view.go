package web

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
)

// page is what every page shows.
type page struct {
	Title  string // "" = the site's name alone
	Lang   string // BCP 47
	Static string // where the assets are, without a slash at the end
	User   string // "" = no session
	Entry  string // the page's script, without .js; "" = none
}

type signInPage struct {
	page
	Typed, Problem string
	Next           string // local path to go on to; "" = the index
	Known          string // the name of the session that is there already
}

type indexPage struct {
	page
	Users, Rooms           []recentLine
	RoomTyped, RoomProblem string
}

// recentLine is a user or a room. Href is empty for a user.
type recentLine struct {
	Name, Href string
	When       string // in words
	At         string // RFC 3339
}

type roomPage struct {
	page
	Room, Path     string
	Messages       []roomMessage
	Cursor         string // the newest message's ID, "0" if there is none
	More           bool   // there are older messages
	Nonce          string
	Typed, Problem string
}

type roomMessage struct {
	ID, Text string
	Time     string // RFC 3339
	Clock    string // hours and minutes, UTC
}

type errorPage struct {
	page
	Status          int
	Heading, Detail string
	Retry           bool // the page asks again by itself
}

// view is a template together with the type that it shows.
type view[P any] struct{ tmpl *template.Template }

type views struct {
	signIn  view[signInPage]
	index   view[indexPage]
	room    view[roomPage]
	failure view[errorPage]
}

// newViews reads templates/ and tries each template once.
func newViews(fsys fs.FS) (*views, error) {
	v := new(views)
	layout, err := template.ParseFS(fsys, "templates/layout.html")
	if err != nil {
		return nil, err
	}
	if v.signIn, err = newView(fsys, layout, "signin", signInPage{}); err != nil {
		return nil, err
	}
	if v.index, err = newView(fsys, layout, "index", indexPage{Users: []recentLine{{}}, Rooms: []recentLine{{}}}); err != nil {
		return nil, err
	}
	if v.room, err = newView(fsys, layout, "room", roomPage{Messages: []roomMessage{{}}}); err != nil {
		return nil, err
	}
	if v.failure, err = newView(fsys, layout, "error", errorPage{}); err != nil {
		return nil, err
	}
	return v, nil
}

// newView parses a page's template and shows the sample with it: html/template
// finds a misspelt field, or a context that it cannot escape, only then.
func newView[P any](fsys fs.FS, layout *template.Template, name string, sample P) (view[P], error) {
	tmpl, err := layout.Clone()
	if err != nil {
		return view[P]{}, err
	}
	if tmpl, err = tmpl.ParseFS(fsys, "templates/"+name+".html"); err != nil {
		return view[P]{}, err
	}
	if err := tmpl.ExecuteTemplate(io.Discard, "layout", sample); err != nil {
		return view[P]{}, fmt.Errorf("template %s: %w", name, err)
	}
	return view[P]{tmpl}, nil
}

// pageBuffers holds buffers between requests. A page is at most some 100 KB:
// 50 messages of 8 KiB would be more, but are not what people say.
var pageBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const maxKeptBuffer = 256 << 10

// write makes the page and sends it in one piece, so that an error in between
// can still become another page.
func (v view[P]) write(c echo.Context, status int, p P) error {
	b := pageBuffers.Get().(*bytes.Buffer)
	b.Reset()
	defer func() {
		if b.Cap() <= maxKeptBuffer {
			pageBuffers.Put(b)
		}
	}()
	if err := v.tmpl.ExecuteTemplate(b, "layout", p); err != nil {
		return fmt.Errorf("show page: %w", err)
	}
	return c.HTMLBlob(status, b.Bytes())
}

// page fills in what every page shows.
func (s *Site) page(c echo.Context, title, entry string) page {
	p := page{Title: title, Lang: "en", Static: s.assets.base, Entry: entry}
	if guest, ok := s.session(c); ok {
		p.User = guest.User.String()
	}
	return p
}

// typed is what a guest typed, fit to stand in a page again.
func typed(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
