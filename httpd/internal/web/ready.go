package web

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"html/template"

	"github.com/labstack/echo/v4"
)

// The index and a newly entered room are nearly the same for every guest. So the page
// is rendered once with holes in the places of what is one guest's own, and cut there.
// A guest gets the pieces with the own values between them. That saves most of a
// template's work, nine tenths of what a page costs.

// ready is a rendered page, cut at its holes.
type ready struct {
	pieces [][]byte
	holes  []hole // one between each two pieces
}

type hole uint8

const (
	user hole = iota
	nonce
	holes // how many kinds there are
)

// holeMarks stand in a page where its holes will be. What guests write is rendered into
// the same page, and whoever could guess a mark could have others read their own name
// there. So they are new in each process, and no page is sent before all are cut out.
var holeMarks = newHoleMarks()

// newHoleMarks makes marks of capital letters and digits: every context that a template
// knows leaves them as they are.
func newHoleMarks() (marks [holes][]byte) {
	for kind := range marks {
		marks[kind] = []byte(rand.Text())
	}
	return marks
}

// mark stands for a guest's own value in a page that is to be cut.
func (kind hole) mark() string { return string(holeMarks[kind]) }

// cut takes the page over.
func cut(page []byte) (r ready) {
	for {
		at, kind := -1, hole(0)
		for k, mark := range holeMarks {
			if i := bytes.Index(page, mark); i >= 0 && (at < 0 || i < at) {
				at, kind = i, hole(k)
			}
		}
		if at < 0 {
			r.pieces = append(r.pieces, page)
			return r
		}
		r.pieces, r.holes = append(r.pieces, page[:at]), append(r.holes, kind)
		page = page[at+len(holeMarks[kind]):]
	}
}

// escaped renders a value for text and for attributes in quotes, the only places where
// holes may be.
var escaped = template.Must(template.New("value").Parse("{{.}}"))

// fill writes the page with a guest's values.
func (r ready) fill(b *bytes.Buffer, values [holes]string) error {
	for i, piece := range r.pieces {
		b.Write(piece)
		if i < len(r.holes) {
			if err := escaped.Execute(b, values[r.holes[i]]); err != nil {
				return err
			}
		}
	}
	return nil
}

// prepare renders p, which has holes.
func (v view[P]) prepare(p P) (ready, error) {
	var b bytes.Buffer
	if err := v.tmpls[p.language()].ExecuteTemplate(&b, "layout", p); err != nil {
		return ready{}, fmt.Errorf("show page: %w", err)
	}
	return cut(b.Bytes()), nil
}

// holesFit reports, as an error, a page in which filling a hole would not give what
// rendering gives, because the value stands where it must be escaped otherwise.
func (v view[P]) holesFit(sample func(user, nonce string) P) error {
	const hostile = `<b title="a'b">&amp; \ javascript:</b>`
	holed := sample(user.mark(), nonce.mark())
	page, err := v.prepare(holed)
	if err != nil {
		return err
	}
	var filled, rendered bytes.Buffer
	if err := page.fill(&filled, [holes]string{user: hostile, nonce: hostile}); err != nil {
		return err
	}
	if err := v.tmpls[holed.language()].ExecuteTemplate(&rendered, "layout", sample(hostile, hostile)); err != nil {
		return err
	}
	if !bytes.Equal(filled.Bytes(), rendered.Bytes()) {
		return fmt.Errorf("a guest's own value stands where it cannot be filled in")
	}
	return nil
}

// send fills a prepared page and sends it in one piece.
func (r ready) send(c echo.Context, status int, values [holes]string) error {
	c.Response().Header().Add("Vary", "Accept-Language")
	b := pageBuffers.Get().(*bytes.Buffer)
	b.Reset()
	defer keepBuffer(b)
	if err := r.fill(b, values); err != nil {
		return fmt.Errorf("show page: %w", err)
	}
	return c.HTMLBlob(status, b.Bytes())
}
