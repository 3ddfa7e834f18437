package web

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"

	"chatter/httpd/internal/page"
	"chatter/shared/name"
	"chatter/shared/wire"

	"github.com/labstack/echo/v4"
)

// logFrame answers GET /chat/NAME/log/?before=ID with a part of the log as a page for a
// frame: the messages before ID, or the newest ones.
//
// Browsers without scripts show it in the room's page. The newest part reloads itself every
// few seconds; the form is outside the frame and keeps its text. A link leads to the same
// part as a page that does not reload. A request is no visit.
func (s *Site) logFrame(c echo.Context, room name.Room) error {
	p := page.Log{Base: s.base(c, room.String()), Path: room.Path(), Notice: noticeIn(c, s.language(c))}
	if _, ok := s.session(c); !ok {
		p.SignedOut = true
		return s.render(c, http.StatusUnauthorized, p)
	}
	ctx, query := c.Request().Context(), c.QueryParams()
	var err error
	if p.Newest = !query.Has("before"); p.Newest {
		p.Messages, err = s.newestMessages(ctx, room)
	} else {
		before, bad := wire.ParseID(query.Get("before"))
		if bad != nil {
			return echo.ErrBadRequest.WithInternal(bad)
		}
		p.Messages, err = s.messagesBefore(ctx, room, before)
		p.Here = url.QueryEscape(before.String())
	}
	if err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	if p.Messages.More {
		p.Before = url.QueryEscape(p.Messages.First.String())
	}
	if p.Newest && !p.Messages.Last.IsZero() {
		p.Still = url.QueryEscape(after(p.Messages.Last).String())
	}
	return s.render(c, http.StatusOK, p)
}

func (s *Site) messagesBefore(ctx context.Context, room name.Room, before wire.ID) (page.MessageList, error) {
	part, err := s.Log.Before(ctx, room, before, wire.HistoryPage)
	if s.health.observe(err) != nil {
		return page.MessageList{}, err
	}
	return s.pages.Messages(part)
}

// after returns the ID that follows id: "before" it includes id.
func after(id wire.ID) wire.ID {
	if id.Seq == math.MaxUint64 {
		return wire.ID{Ms: id.Ms + 1}
	}
	return wire.ID{Ms: id.Ms, Seq: id.Seq + 1}
}
