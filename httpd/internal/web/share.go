package web

import (
	"net/http"
	"net/url"
	"strings"

	"chatter/httpd/internal/page"
	"chatter/shared/name"
	"chatter/shared/wire"

	"github.com/labstack/echo/v4"
)

// share answers GET /share/?title=T&text=T&url=U. A system opens this address when the guest
// shares something with the installed site. The page asks for the room and sends no message.
func (s *Site) share(c echo.Context) error {
	shared := sharedText(c.QueryParams())
	if shared == "" {
		return c.Redirect(http.StatusSeeOther, indexPath)
	}
	if _, ok := s.session(c); !ok {
		return askToSignIn(c, sharePath+"?"+textQuery(shared))
	}
	lists, err := s.recentLists(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, page.Share{
		Base: s.base(c, s.language(c).Text("share.title")), Text: shared, Rooms: namesOf(lists.Rooms),
	})
}

// sharedText joins what was shared, each part once: some systems send an address as the text,
// others send it as the end of the text.
func sharedText(query url.Values) string {
	var parts []string
	for _, key := range []string{"title", "text", "url"} {
		part := strings.TrimSpace(typed(query.Get(key)))
		if part == "" || strings.Contains(strings.Join(parts, "\n"), part) {
			continue
		}
		parts = append(parts, part)
	}
	text := strings.Join(parts, "\n")
	// A character that is cut is left out.
	return strings.ToValidUTF8(text[:min(len(text), wire.MaxTextBytes)], "")
}

func textQuery(text string) string { return url.Values{"text": {text}}.Encode() }

// goTo sends the guest to a room, with the text that was shared.
func goTo(c echo.Context, room name.Room) error {
	path := room.Path()
	if shared := sharedText(c.QueryParams()); shared != "" {
		path += "?" + textQuery(shared)
	}
	return c.Redirect(http.StatusSeeOther, path)
}
