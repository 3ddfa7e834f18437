package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"chatter/httpd/internal/moderation"
	"chatter/httpd/internal/page"
	"chatter/shared/mutes"
	"chatter/shared/name"
	"chatter/shared/wire"

	"github.com/labstack/echo/v4"
)

// orderer carries out what a moderator orders.
type orderer interface {
	Remove(ctx context.Context, room name.Room, id wire.ID) error
	Mute(ctx context.Context, room name.Room, id wire.ID, d time.Duration) (mutes.Order, error)
}

// errNotModerator says that a request lacks the cookie of a moderator.
var errNotModerator = errors.New("no moderator")

// moderates reports whether the browser may moderate. It does not depend on the session.
func (s *Site) moderates(c echo.Context) bool {
	return s.moderators.May(c.Request(), s.now(), s.origin(c).Secure())
}

// moderate answers POST /chat/NAME/moderate/, with the same answers as chatterctl: an order
// is accepted, or the message is not known any more. Without an action, the answer is a page
// that asks for one and changes nothing.
func (s *Site) moderate(c echo.Context) error {
	s.setPolicy(c, framePolicy)
	room, _, err := roomOf(c)
	if err != nil {
		return err
	}
	if !s.moderates(c) {
		return errNotModerator
	}
	id, err := idInForm(c)
	if err != nil {
		return err
	}
	form := c.Request().PostForm
	if form.Get("action") == "" {
		return s.askForOrder(c, room, id)
	}
	answer := "accepted"
	switch err := s.order(c.Request().Context(), room, id, form); {
	case errors.Is(err, moderation.ErrNoMessage), errors.Is(err, moderation.ErrNoAuthor):
		answer = "unknown"
	case errors.As(err, new(moderation.Problem)):
		answer = "later"
	case s.health.observe(err) != nil:
		return fmt.Errorf("moderate: %w", err)
	}
	if wantsJSON(c) {
		return sendJSON(c, http.StatusOK, map[string]string{"answer": answer})
	}
	return back(c, room, answer)
}

// order carries out the action in the form.
func (s *Site) order(ctx context.Context, room name.Room, id wire.ID, form url.Values) error {
	switch form.Get("action") {
	case "remove":
		return s.orders.Remove(ctx, room, id)
	case "mute":
		minutes, err := strconv.Atoi(form.Get("minutes"))
		if err != nil || minutes < 1 || minutes > maxMuteMinutes {
			return echo.NewHTTPError(http.StatusBadRequest).WithInternal(fmt.Errorf("minutes: want a number from 1 to %d", maxMuteMinutes))
		}
		_, err = s.orders.Mute(ctx, room, id, time.Duration(minutes)*time.Minute)
		return err
	}
	return echo.NewHTTPError(http.StatusBadRequest).WithInternal(errors.New("action: want remove or mute"))
}

// maxMuteMinutes is a day.
const maxMuteMinutes = 24 * 60

// askForOrder shows the message and what a moderator can order.
func (s *Site) askForOrder(c echo.Context, room name.Room, id wire.ID) error {
	b := s.redis.Batch()
	found := s.log.At(b, room, id)
	if err := s.health.observe(b.Run(c.Request().Context())); err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	if len(found.Entries) == 0 {
		return back(c, room, "unknown")
	}
	next, ok := localPath(c.Request().PostForm.Get("next"))
	if !ok {
		next = room.Path()
	}
	l := s.language(c)
	return s.render(c, http.StatusOK, page.Order{
		Base: s.base(c, l.Text("moderator.order")),
		Room: room.String(), Path: room.Path(), ID: id.String(), Text: found.Entries[0].Text, Next: next,
	})
}
