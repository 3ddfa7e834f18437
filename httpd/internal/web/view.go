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
	*texts
	Title   string        // "" = the site's name alone
	Static  string        // where the assets are, without a slash at the end
	User    string        // "" = no session
	Scripts template.HTML // the elements that load the page's script, if it has one
}

type signInPage struct {
	page
	Typed, Problem string
	Next           string // local path to go on to; "" = the index
	Room           string // the room that is; "" = none
	Known          string // the name of the session that is there already
	Longest        int    // how many characters a name may have
}

type indexPage struct {
	page
	Users, Rooms           []recentLine
	Ideas                  []recentLine // shown instead of no rooms
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
	Key            string // of the room, whatever its spelling
	Messages       []roomMessage
	Cursor         string // the newest message's ID, "0" if there is none
	More           bool   // there are older messages
	Nonce          string
	Typed, Problem string
	Address        string // of the room, in full
	Kept, Most     int    // for how many hours messages are kept, and about how many
}

// logPage is a part of a room's log in a frame.
type logPage struct {
	page
	Path      string
	Messages  []roomMessage
	Before    string // the oldest message's ID if there are older ones
	Newest    bool   // the part is the log's end, and the page renews itself
	Still     string // what is before this ID is the same part, and its page stays
	SignedOut bool

	Kept, Most int // as in roomPage
}

type roomMessage struct {
	ID, Text string
	Time     string // RFC 3339
	Clock    string // hours and minutes, UTC
	Day      string // UTC, for the first message of a day
	Emoji    bool   // it is nothing but a few of them
	Joined   bool   // it is of the same minute as the one before
}

type errorPage struct {
	page
	Status int
	Detail string
	Retry  bool // the page asks again by itself
}

// view is a template, once for each language, together with the type that it shows.
type view[P shown] struct{ tmpls map[*texts]*template.Template }

// shown is what has a page in it.
type shown interface{ language() *texts }

func (p page) language() *texts { return p.texts }

type views struct {
	signIn  view[signInPage]
	index   view[indexPage]
	room    view[roomPage]
	log     view[logPage]
	failure view[errorPage]
}

// newViews reads templates/ and tries each template once in each language.
func newViews(fsys fs.FS, all []*texts) (*views, error) {
	v := new(views)
	var err error
	if v.signIn, err = newView(fsys, all, "signin", func(p page) signInPage { return signInPage{page: p} }); err != nil {
		return nil, err
	}
	if v.index, err = newView(fsys, all, "index", func(p page) indexPage {
		return indexPage{page: p, Users: []recentLine{{}}, Rooms: []recentLine{{}}}
	}); err != nil {
		return nil, err
	}
	if v.room, err = newView(fsys, all, "room", func(p page) roomPage { return roomPage{page: p, Messages: []roomMessage{{}}} }); err != nil {
		return nil, err
	}
	for _, t := range all {
		if err := v.index.holesFit(func(user, _ string) indexPage { return indexPage{page: page{texts: t, User: user}} }); err != nil {
			return nil, fmt.Errorf("template index: %w", err)
		}
		if err := v.room.holesFit(func(user, nonce string) roomPage { return roomPage{page: page{texts: t, User: user}, Nonce: nonce} }); err != nil {
			return nil, fmt.Errorf("template room: %w", err)
		}
	}
	if v.log, err = newView(fsys, all, "log", func(p page) logPage { return logPage{page: p, Messages: []roomMessage{{}}} }); err != nil {
		return nil, err
	}
	if v.failure, err = newView(fsys, all, "error", func(p page) errorPage { return errorPage{page: p} }); err != nil {
		return nil, err
	}
	return v, nil
}

// newView parses a page's template and shows a sample with it: html/template
// finds a misspelt field, or a context that it cannot escape, only then.
func newView[P shown](fsys fs.FS, all []*texts, name string, sample func(page) P) (view[P], error) {
	v := view[P]{tmpls: make(map[*texts]*template.Template)}
	for _, t := range all {
		tmpl, err := parseTemplate(fsys, t, name)
		if err != nil {
			return view[P]{}, err
		}
		if err := tmpl.ExecuteTemplate(io.Discard, "layout", sample(page{texts: t})); err != nil {
			return view[P]{}, fmt.Errorf("template %s: %w", name, err)
		}
		v.tmpls[t] = tmpl
	}
	return v, nil
}

// parseTemplate parses a page's template for one language. The words come from
// functions, because a method would be looked up anew for each of them.
func parseTemplate(fsys fs.FS, t *texts, name string) (*template.Template, error) {
	funcs := template.FuncMap{"say": t.say, "named": t.named}
	return template.New(name).Funcs(funcs).ParseFS(fsys, "templates/layout.html", "templates/message.html", "templates/"+name+".html")
}

// pageBuffers holds buffers between requests. A page is at most some 100 KB:
// 50 messages of 8 KiB would be more, but are not what people say.
var pageBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const maxKeptBuffer = 256 << 10

// write makes the page and sends it in one piece, so that an error in between
// can still become another page.
func (v view[P]) write(c echo.Context, status int, p P) error {
	c.Response().Header().Add("Vary", "Accept-Language")
	b := pageBuffers.Get().(*bytes.Buffer)
	b.Reset()
	defer keepBuffer(b)
	if err := v.tmpls[p.language()].ExecuteTemplate(b, "layout", p); err != nil {
		return fmt.Errorf("show page: %w", err)
	}
	return c.HTMLBlob(status, b.Bytes())
}

func keepBuffer(b *bytes.Buffer) {
	if b.Cap() <= maxKeptBuffer {
		pageBuffers.Put(b)
	}
}

// page fills in what every page shows. entry is its script, "" = none.
func (s *Site) page(c echo.Context, entry string) page {
	t := s.languages.of(c)
	p := page{texts: t, Static: s.assets.base, Scripts: s.assets.scripts(entry, t)}
	if guest, ok := s.session(c); ok {
		p.User = guest.User.String()
	}
	return p
}

// typed is what a guest typed, fit to stand in a page again.
func typed(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
