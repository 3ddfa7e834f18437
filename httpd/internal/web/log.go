package web

import (
	"fmt"
	"math"
	"net/http"
	"net/url"

	"chatter/shared/wire"

	"github.com/labstack/echo/v4"
)

// logFrame answers GET /chat/NAME/log/?before=ID with a part of the log as a page
// for a frame: what is before ID, or the newest.
//
// It is how a room goes on without scripts. The newest part renews itself every few
// seconds, apart from the form, so that nothing is lost that somebody is typing
// there. Each time it begins at its end; who wants to read further up asks it to hold
// still. It is no visit, whoever asks for it.
func (s *Site) logFrame(c echo.Context) error {
	setPolicy(c, framePolicy) // errors are shown in the frame too
	room, spelled, err := roomOf(c)
	if err != nil {
		return err
	}
	if !spelled {
		return redirect(c, http.StatusMovedPermanently, room.Path()+"log/")
	}
	p := logPage{page: s.page(c, ""), Path: room.Path(), Kept: hoursKept, Most: messagesKept}
	p.Title = room.String()
	if _, ok := s.session(c); !ok {
		p.SignedOut = true
		return s.views.log.write(c, http.StatusUnauthorized, p)
	}
	query := c.QueryParams()
	p.Newest = !query.Has("before")
	var before wire.ID
	if !p.Newest {
		if before, err = wire.ParseID(query.Get("before")); err != nil {
			return echo.NewHTTPError(http.StatusBadRequest).WithInternal(err)
		}
	}
	part, err := s.readHistory(c.Request().Context(), room, !p.Newest, before, wire.HistoryPage)
	if err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	p.Messages = showMessages(part.Entries)
	if part.More {
		p.Before = url.QueryEscape(p.Messages[0].ID)
	}
	if n := len(part.Entries); p.Newest && n > 0 {
		p.Still = url.QueryEscape(after(part.Entries[n-1].ID).String())
	}
	return s.views.log.write(c, http.StatusOK, p)
}

// after is the ID next to id: what is before it goes up to id.
func after(id wire.ID) wire.ID {
	if id.Seq == math.MaxUint64 {
		return wire.ID{Ms: id.Ms + 1}
	}
	return wire.ID{Ms: id.Ms, Seq: id.Seq + 1}
}
