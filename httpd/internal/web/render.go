package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"chatter/httpd/internal/page"
	"chatter/shared/capacity"

	"github.com/labstack/echo/v4"
)

// base returns the content that every page has.
func (s *Site) base(c echo.Context, title string) page.Base {
	b := page.Base{Lang: s.language(c).Lang, Title: title, Here: here(c.Request()), Moderates: s.moderates(c)}
	if guest, ok := s.session(c); ok {
		b.User = guest.User.String()
	}
	if step := s.Capacity.Step(); step > capacity.Open {
		b.Notice = s.language(c).Text(fullNotices[step], "most", capacity.MaxShortBytes)
	}
	return b
}

// fullNotices are the keys of what a page says while Redis is nearly full.
var fullNotices = [...]string{
	capacity.NoNewNames: "full.names", capacity.NoNewRooms: "full.rooms",
	capacity.ShortTexts: "full.short", capacity.Exhausted: "full.all",
}

// maxPooledBytes is more than nearly all pages take: 50 messages of common length are some
// 30 KB.
const maxPooledBytes = 256 << 10

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// render sends a page in one piece, so that an error while rendering can become another
// page.
func (s *Site) render(c echo.Context, status int, p page.Page) error {
	varyByLanguage(c.Response().Header())
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	defer func() {
		if b.Cap() <= maxPooledBytes {
			buffers.Put(b)
		}
	}()
	if err := s.pages.Render(b, p); err != nil {
		return err
	}
	return c.HTMLBlob(status, b.Bytes())
}

// typed makes a guest's input valid for a page.
func typed(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// wantsJSON reports whether a script sent the request.
func wantsJSON(c echo.Context) bool {
	return strings.Contains(c.Request().Header.Get("Accept"), "application/json")
}

// jsonError is why a script does not get what it asked for.
type jsonError struct {
	Error string `json:"error"`
}

// sendJSON sends v in one piece. Like the frames of the WebSocket, it does not escape
// characters for HTML.
func sendJSON(c echo.Context, status int, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	return c.Blob(status, echo.MIMEApplicationJSON, b.Bytes())
}
