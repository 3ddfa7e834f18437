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

// roomOf returns the room in the address /chat/NAME/…; spelled tells whether NAME is the
// enforced form of the room's name. The error is a 404.
//
// NAME is taken from the escaped path: echo decodes a parameter or not, depending on how
// the address is written, and only the escaped path distinguishes %2F from a slash.
func roomOf(c echo.Context) (room name.Room, spelled bool, err error) {
	room, spelled, err = name.ParseRoomPath(strings.TrimPrefix(c.Request().URL.EscapedPath(), "/chat/"))
	if err != nil {
		err = echo.NewHTTPError(http.StatusNotFound).WithInternal(err)
	}
	return room, spelled, err
}

// room answers GET /chat/NAME/ with the room and its newest messages.
func (s *Site) room(c echo.Context) error {
	room, spelled, err := roomOf(c)
	if err != nil {
		return err
	}
	if !spelled {
		return redirect(c, http.StatusMovedPermanently, room.Path())
	}
	if _, ok := s.session(c); !ok {
		return askToSignIn(c, room.Path())
	}
	form := roomForm{status: http.StatusOK, nonce: wire.NewNonce(), typed: sharedText(c.QueryParams())}
	if c.QueryParams().Has("quote") {
		// This is no visit: it would tell when a guest is about to say something.
		if form.typed, err = s.quote(c.Request().Context(), room, c.QueryParam("quote")); err != nil {
			return fmt.Errorf("quote: %w", err)
		}
	} else if !s.hasPosted(c, room) {
		s.visit(c)
	}
	return s.showRoom(c, room, form)
}

// quote returns the first words of a message as a quote, or "" if the room has no such message.
func (s *Site) quote(ctx context.Context, room name.Room, id string) (string, error) {
	parsed, err := wire.ParseID(id)
	if err != nil {
		return "", nil
	}
	part, err := s.log.Before(ctx, room, after(parsed), 1)
	if s.health.observe(err) != nil || len(part.Entries) == 0 || part.Entries[0].ID != parsed {
		return "", err
	}
	return page.Quote(part.Entries[0].Text), nil
}

// roomForm is the state of the form on a room's page.
type roomForm struct {
	status         int
	nonce          wire.Nonce
	typed, problem string
	code           wire.Code // of the problem
}

// showRoom shows the room's newest messages.
func (s *Site) showRoom(c echo.Context, room name.Room, form roomForm) error {
	messages, err := s.newestMessages(c.Request().Context(), room)
	if err != nil {
		return fmt.Errorf("read room: %w", err)
	}
	if c.Request().Method == http.MethodGet {
		s.forgetPosted(c, room)
	}
	return s.renderRoom(c, room, form, messages)
}

// newestMessages returns the room's newest messages. It takes one round trip
// for a list that was read within the last second, and reads only the newest entry then:
// reading all of them takes as long as everything else in a request. If there is a newer
// entry, it takes two.
func (s *Site) newestMessages(ctx context.Context, room name.Room) (page.MessageList, error) {
	b, now := s.redis.Batch(), s.now()
	list, ok := s.pages.Newest(room, now)
	if ok && (list.First.IsZero() || !s.log.Expired(list.First)) {
		newest := s.log.Newest(b, room, 1)
		if err := s.health.observe(b.Run(ctx)); err != nil || list.EndsWith(newest.Entries) {
			return list, err
		}
		b = s.redis.Batch()
	}
	newest := s.log.Newest(b, room, wire.HistoryPage)
	if err := s.health.observe(b.Run(ctx)); err != nil {
		return page.MessageList{}, err
	}
	return s.pages.NewestMessages(room, *newest, now)
}

// renderRoom sends the room's page with these messages.
func (s *Site) renderRoom(c echo.Context, room name.Room, form roomForm, messages page.MessageList) error {
	s.setPolicy(c, roomPolicy)
	return s.render(c, form.status, page.Room{
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
		Interval: s.interval.Milliseconds(),
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

// address is the address of a room that a guest can give to others.
func (s *Site) address(c echo.Context, room name.Room) string {
	return s.origin(c).String() + room.Path()
}
