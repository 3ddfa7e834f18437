package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
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

// continuation is what a page lacks that has the messages up to an ID.
type continuation struct {
	// More tells that newer ones follow; of the newest messages, that there are older ones.
	historyPage
	Gap     bool     `json:"gap"`     // others may be missing before these, the newest
	Removed []string `json:"removed"` // IDs of messages that were removed since the time of the ID
}

type historyMessage struct {
	ID      string `json:"id"`
	Message string `json:"message"`
}

// history answers GET /chat/NAME/messages/?before=ID&limit=N with the messages before ID,
// with after=ID with those after ID, or else with the newest ones.
func (s *Site) history(c echo.Context, room name.Room) error {
	if _, ok := s.session(c); !ok {
		return unauthorized(c)
	}
	q, problem := parseHistory(c.QueryParams())
	if problem != "" {
		return sendJSON(c, http.StatusBadRequest, jsonError{problem})
	}
	var answer any
	var err error
	if q.after {
		answer, err = s.continueHistory(c.Request().Context(), room, q.id, q.limit)
	} else {
		answer, err = s.readHistory(c.Request().Context(), room, q)
	}
	if err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	return sendJSON(c, http.StatusOK, answer)
}

// historyQuery is which messages are asked for.
type historyQuery struct {
	before, after bool // id; neither for the newest
	id            wire.ID
	limit         int
}

// parseHistory reads a query. problem says what is wrong with it, or is empty.
func parseHistory(query url.Values) (q historyQuery, problem string) {
	q = historyQuery{before: query.Has("before"), after: query.Has("after"), limit: wire.HistoryPage}
	var err error
	if query.Has("limit") {
		if q.limit, err = strconv.Atoi(query.Get("limit")); err != nil || q.limit < 1 || q.limit > maxHistory {
			return q, fmt.Sprintf("limit must be a number from 1 to %d.", maxHistory)
		}
	}
	switch {
	case q.before && q.after:
		return q, "before and after exclude each other."
	case q.before:
		if q.id, err = wire.ParseID(query.Get("before")); err != nil {
			return q, "before must be the id of a message."
		}
	case q.after && query.Get("after") != "0":
		if q.id, err = wire.ParseID(query.Get("after")); err != nil {
			return q, "after must be the id of a message, or 0."
		}
	}
	return q, ""
}

func pageOf(part roomlog.Page) historyPage {
	answer := historyPage{Messages: make([]historyMessage, len(part.Entries)), More: part.More}
	for i, entry := range part.Entries {
		answer.Messages[i] = historyMessage{ID: entry.ID.String(), Message: entry.Text}
	}
	return answer
}

// readHistory reads the newest messages, or those before an ID.
func (s *Site) readHistory(ctx context.Context, room name.Room, q historyQuery) (historyPage, error) {
	if q.before {
		part, err := s.Log.Before(ctx, room, q.id, q.limit)
		return pageOf(part), s.health.observe(err)
	}
	b := s.Redis.Batch()
	part := s.Log.Newest(b, room, q.limit)
	err := s.health.observe(b.Run(ctx))
	return pageOf(*part), err
}

// continueHistory reads what followed id, by the rule of the WebSocket's since: a page that
// never had a message, whose id is zero, and one after a gap get the newest messages.
func (s *Site) continueHistory(ctx context.Context, room name.Room, id wire.ID, limit int) (continuation, error) {
	answer := continuation{Removed: []string{}}
	if !id.IsZero() {
		entries, gap, err := s.Log.After(ctx, room, id, limit+1)
		if s.health.observe(err) != nil {
			return answer, err
		}
		removed, err := s.Log.Removed(ctx, room, id)
		if s.health.observe(err) != nil {
			return answer, err
		}
		answer.Gap, answer.historyPage = gap, pageOf(roomlog.Page{Entries: entries[:min(len(entries), limit)], More: len(entries) > limit})
		for _, r := range removed {
			answer.Removed = append(answer.Removed, r.ID.String())
		}
	}
	var err error
	if id.IsZero() || answer.Gap {
		answer.historyPage, err = s.readHistory(ctx, room, historyQuery{limit: limit})
	}
	return answer, err
}
