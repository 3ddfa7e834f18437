package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"chatter/shared/name"
	"chatter/shared/roomlog"
	"chatter/shared/wire"

	"github.com/labstack/echo/v4"
)

const historyRoute = "/chat/:room/messages/"

// maxHistory bounds one answer: a page of it for a script, with room to spare.
const maxHistory = 2 * wire.HistoryPage

// historyPage is a run of a room's messages, oldest first.
type historyPage struct {
	Messages []historyMessage `json:"messages"`
	More     bool             `json:"more"` // there are older ones
}

type historyMessage struct {
	ID      string `json:"id"`
	Message string `json:"message"`
}

type historyError struct {
	Error string `json:"error"`
}

// history answers GET /chat/NAME/messages/?before=ID&limit=N with the messages
// before ID, or with the newest ones if there is no before.
func (s *Site) history(c echo.Context) error {
	room, spelled, err := roomOf(c)
	if err != nil {
		return writeJSON(c, http.StatusNotFound, historyError{"There is no room of that name."})
	}
	if !spelled {
		path := room.Path() + "messages/"
		if q := c.Request().URL.RawQuery; q != "" {
			path += "?" + escapeUnplain(q)
		}
		return redirect(c, http.StatusMovedPermanently, path)
	}
	if _, ok := s.session(c); !ok {
		return writeJSON(c, http.StatusUnauthorized, historyError{"Sign in first."})
	}
	query := c.QueryParams()
	limit := wire.HistoryPage
	if query.Has("limit") {
		limit, err = strconv.Atoi(query.Get("limit"))
		if err != nil || limit < 1 || limit > maxHistory {
			return writeJSON(c, http.StatusBadRequest, historyError{fmt.Sprintf("limit must be a number from 1 to %d.", maxHistory)})
		}
	}
	var before wire.ID
	if query.Has("before") {
		if before, err = wire.ParseID(query.Get("before")); err != nil {
			return writeJSON(c, http.StatusBadRequest, historyError{"before must be the id of a message."})
		}
	}
	page, err := s.readHistory(c.Request().Context(), room, query.Has("before"), before, limit)
	if err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	return writeJSON(c, http.StatusOK, showHistory(page))
}

// readHistory reads what is older than before, or the newest if there is no such
// bound.
func (s *Site) readHistory(ctx context.Context, room name.Room, bounded bool, before wire.ID, limit int) (roomlog.Page, error) {
	if bounded {
		page, err := s.log.Before(ctx, room, before, limit)
		return page, s.memory.watch(err)
	}
	b := s.redis.Batch()
	page := s.log.Newest(b, room, limit)
	if err := s.memory.watch(b.Run(ctx)); err != nil {
		return roomlog.Page{}, err
	}
	return *page, nil
}

func showHistory(page roomlog.Page) historyPage {
	shown := historyPage{Messages: make([]historyMessage, len(page.Entries)), More: page.More}
	for i, entry := range page.Entries {
		shown.Messages[i] = historyMessage{ID: entry.ID.String(), Message: entry.Text}
	}
	return shown
}

// writeJSON sends v in one piece. Characters that HTML escapes stay as they
// are, as on the wire of the live room.
func writeJSON(c echo.Context, status int, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	return c.Blob(status, echo.MIMEApplicationJSON, b.Bytes())
}
