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

// maxHistory bounds one answer. The page's script asks for half of it.
const maxHistory = 2 * wire.HistoryPage

// historyPage is a part of a room's log, oldest message first.
type historyPage struct {
	Messages []historyMessage `json:"messages"`
	More     bool             `json:"more"` // there are older messages
}

type historyMessage struct {
	ID      string `json:"id"`
	Message string `json:"message"`
}

type historyError struct {
	Error string `json:"error"`
}

// history answers GET /chat/NAME/messages/?before=ID&limit=N with the messages before ID,
// or with the newest ones without before.
func (s *Site) history(c echo.Context) error {
	room, spelled, err := roomOf(c)
	if err != nil {
		return sendJSON(c, http.StatusNotFound, historyError{"There is no room of that name."})
	}
	if !spelled {
		path := room.Path() + "messages/"
		if q := c.Request().URL.RawQuery; q != "" {
			path += "?" + escapeUnplain(q)
		}
		return redirect(c, http.StatusMovedPermanently, path)
	}
	if _, ok := s.session(c); !ok {
		return sendJSON(c, http.StatusUnauthorized, historyError{"Sign in first."})
	}
	query := c.QueryParams()
	limit := wire.HistoryPage
	if query.Has("limit") {
		limit, err = strconv.Atoi(query.Get("limit"))
		if err != nil || limit < 1 || limit > maxHistory {
			return sendJSON(c, http.StatusBadRequest, historyError{fmt.Sprintf("limit must be a number from 1 to %d.", maxHistory)})
		}
	}
	var before wire.ID
	if query.Has("before") {
		if before, err = wire.ParseID(query.Get("before")); err != nil {
			return sendJSON(c, http.StatusBadRequest, historyError{"before must be the id of a message."})
		}
	}
	part, err := s.readHistory(c.Request().Context(), room, query.Has("before"), before, limit)
	if err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	answer := historyPage{Messages: make([]historyMessage, len(part.Entries)), More: part.More}
	for i, entry := range part.Entries {
		answer.Messages[i] = historyMessage{ID: entry.ID.String(), Message: entry.Text}
	}
	return sendJSON(c, http.StatusOK, answer)
}

// readHistory reads the newest messages, those before an ID if bounded.
func (s *Site) readHistory(ctx context.Context, room name.Room, bounded bool, before wire.ID, limit int) (roomlog.Page, error) {
	if bounded {
		part, err := s.log.Before(ctx, room, before, limit)
		return part, s.health.observe(err)
	}
	b := s.redis.Batch()
	part := s.log.Newest(b, room, limit)
	if err := s.health.observe(b.Run(ctx)); err != nil {
		return roomlog.Page{}, err
	}
	return *part, nil
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
