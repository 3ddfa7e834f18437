package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"chatter/httpd/internal/page"
	"chatter/shared/name"
	"chatter/shared/wire"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/idna"
)

// room answers GET /chat/NAME/ with the room and its newest messages.
func (s *Site) room(c echo.Context, room name.Room) error {
	if _, ok := s.session(c); !ok {
		return askToSignIn(c, room.Path())
	}
	ctx, query := c.Request().Context(), c.QueryParams()
	form := roomForm{nonce: wire.NewNonce(), typed: sharedText(query)}
	if query.Has("quote") {
		// This is no visit: it would tell when a guest is about to say something.
		var err error
		if form.typed, err = s.quote(ctx, room, query.Get("quote")); err != nil {
			return fmt.Errorf("quote: %w", err)
		}
	} else if !s.hasPosted(c, room) {
		s.visit(c)
	}
	messages, err := s.newestMessages(ctx, room)
	if err != nil {
		return err
	}
	if c.Request().Method == http.MethodGet {
		s.forgetPosted(c, room)
	}
	return s.renderRoom(c, http.StatusOK, room, form, messages)
}

// quote returns the first words of a message as a quote, or "" if the room has no such message.
func (s *Site) quote(ctx context.Context, room name.Room, id string) (string, error) {
	parsed, err := wire.ParseID(id)
	if err != nil {
		return "", nil
	}
	part, err := s.Log.Before(ctx, room, after(parsed), 1)
	if s.health.observe(err) != nil || len(part.Entries) == 0 || part.Entries[0].ID != parsed {
		return "", err
	}
	return page.Quote(part.Entries[0].Text), nil
}

// roomForm is the form on a room's page.
type roomForm struct {
	nonce          wire.Nonce
	typed, problem string
}

// newestMessages returns the room's newest messages. If the list in the cache was read within
// the last second, it reads only the newest entry, and all of them if that one is not in the
// list: reading all of them takes as long as everything else in a request.
func (s *Site) newestMessages(ctx context.Context, room name.Room) (page.MessageList, error) {
	b, now := s.Redis.Batch(), s.now()
	list, ok := s.pages.Newest(room, now)
	if ok && (list.First.IsZero() || !s.Log.Expired(list.First)) {
		newest := s.Log.Newest(b, room, 1)
		if err := s.health.observe(b.Run(ctx)); err != nil {
			return page.MessageList{}, fmt.Errorf("read room: %w", err)
		}
		if list.EndsWith(newest.Entries) {
			return list, nil
		}
		b = s.Redis.Batch()
	}
	newest := s.Log.Newest(b, room, wire.HistoryPage)
	if err := s.health.observe(b.Run(ctx)); err != nil {
		return page.MessageList{}, fmt.Errorf("read room: %w", err)
	}
	return s.pages.NewestMessages(room, *newest, now)
}

// renderRoom sends the room's page with these messages.
func (s *Site) renderRoom(c echo.Context, status int, room name.Room, form roomForm, messages page.MessageList) error {
	s.setPolicy(c, roomPolicy)
	return s.render(c, status, page.Room{
		Base:     s.base(c, room.String()),
		Room:     room.String(),
		Key:      room.Key(),
		Path:     room.Path(),
		Messages: messages,
		Nonce:    string(form.nonce),
		Typed:    typed(form.typed),
		Problem:  form.problem,
		Unlisted: room.Unlisted(),
		Address:  s.address(c, room),
		Above:    readable(s.origin(c).Host) + "/chat/",
		Now:      s.now().UnixMilli(),
		Interval: s.Interval.Milliseconds(),
	})
}

// readable returns a host as people write it: browsers encode other letters than those of ASCII.
func readable(host string) string {
	name, port, _ := strings.Cut(host, ":")
	decoded, err := idna.Display.ToUnicode(name)
	if err != nil || !strings.Contains(name, "xn--") {
		return host
	}
	return strings.TrimSuffix(decoded+":"+port, ":")
}

// address returns the address of a room that a guest can give to others.
func (s *Site) address(c echo.Context, room name.Room) string {
	return s.origin(c).String() + room.Path()
}
