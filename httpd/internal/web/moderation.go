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

// report answers POST /chat/NAME/report/, with which a guest asks the operator to look at a
// message. The answer does not depend on whether the message still exists.
func (s *Site) report(c echo.Context, room name.Room) error {
	if _, ok := s.session(c); !ok {
		return signInFirst(c, room)
	}
	id, err := idInForm(c)
	if err != nil {
		return err
	}
	err = s.Reports.Add(c.Request(), room, id, s.now())
	if errors.Is(err, moderation.ErrTooManyReports) {
		if wantsJSON(c) {
			return sendJSON(c, http.StatusTooManyRequests, jsonError{s.language(c).Text("notice.too_many")})
		}
		return back(c, room, "too_many")
	}
	if s.health.observe(err) != nil {
		return fmt.Errorf("report: %w", err)
	}
	if wantsJSON(c) {
		return c.NoContent(http.StatusNoContent)
	}
	return back(c, room, "reported")
}

// idInForm reads the field id of the form in the body.
func idInForm(c echo.Context) (wire.ID, error) {
	if err := parseForm(c); err != nil {
		return wire.ID{}, err
	}
	id, err := wire.ParseID(c.Request().PostForm.Get("id"))
	if err != nil {
		return id, echo.ErrBadRequest.WithInternal(err)
	}
	return id, nil
}

// orderer carries out what a moderator orders.
type orderer interface {
	Remove(ctx context.Context, room name.Room, id wire.ID) error
	Mute(ctx context.Context, room name.Room, id wire.ID, d time.Duration) (mutes.Order, error)
}

// notModerator is for a request that lacks the cookie of a moderator.
var notModerator = failure{status: http.StatusForbidden, text: "error.moderator"}

// moderates reports whether the browser may moderate. It does not depend on the session.
func (s *Site) moderates(c echo.Context) bool {
	return s.Moderators.May(c.Request(), s.now(), s.origin(c).Secure())
}

// moderate answers POST /chat/NAME/moderate/, with the same answers as chatterctl: an order
// is accepted, or the message is not known any more. Without an action, the answer is a page
// that asks for one and changes nothing.
func (s *Site) moderate(c echo.Context, room name.Room) error {
	if !s.moderates(c) {
		return notModerator
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
		return s.Orders.Remove(ctx, room, id)
	case "mute":
		minutes, err := strconv.Atoi(form.Get("minutes"))
		if err != nil || minutes < 1 || minutes > maxMuteMinutes {
			return echo.ErrBadRequest.WithInternal(fmt.Errorf("minutes: want a number from 1 to %d", maxMuteMinutes))
		}
		_, err = s.Orders.Mute(ctx, room, id, time.Duration(minutes)*time.Minute)
		return err
	}
	return echo.ErrBadRequest.WithInternal(errors.New("action: want remove or mute"))
}

// maxMuteMinutes is a day.
const maxMuteMinutes = 24 * 60

// askForOrder shows the message and what a moderator can order.
func (s *Site) askForOrder(c echo.Context, room name.Room, id wire.ID) error {
	b := s.Redis.Batch()
	found := s.Log.At(b, room, id)
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

// moderator answers GET /moderator/?token=T, the link of chatterctl, with a button: programs
// that look at a link before it is opened must not spend it. Without a token it shows a
// moderator what guests have reported.
func (s *Site) moderator(c echo.Context) error {
	l := s.language(c)
	p := page.Moderator{Base: s.base(c, l.Text("moderator.title")), Token: typed(c.QueryParam("token"))}
	switch {
	case p.Token != "":
		return s.render(c, http.StatusOK, p)
	case s.moderates(c):
		return s.showReports(c, p)
	}
	return s.showSpent(c, p)
}

// moderatorPost answers POST /moderator/: it spends a link, or makes the browser forget that
// it may moderate.
func (s *Site) moderatorPost(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	form := c.Request().PostForm
	if form.Has("leave") {
		c.SetCookie(moderation.ForgetCookie(s.origin(c).Secure()))
		return c.Redirect(http.StatusSeeOther, indexPath)
	}
	spent, err := s.Moderators.Spend(c.Request().Context(), form.Get("token"))
	if s.health.observe(err) != nil {
		return fmt.Errorf("spend link: %w", err)
	}
	if !spent {
		return s.showSpent(c, page.Moderator{Base: s.base(c, s.language(c).Text("moderator.title"))})
	}
	c.SetCookie(s.Moderators.Cookie(s.now(), s.origin(c).Secure()))
	return c.Redirect(http.StatusSeeOther, indexPath)
}

// showSpent says that a link is wrong, or spent, or too old.
func (s *Site) showSpent(c echo.Context, p page.Moderator) error {
	p.Spent = true
	return s.render(c, http.StatusGone, p)
}

func (s *Site) showReports(c echo.Context, p page.Moderator) error {
	list, err := s.Reports.List(c.Request().Context())
	if s.health.observe(err) != nil {
		return fmt.Errorf("read reports: %w", err)
	}
	l := s.language(c)
	p.Notice = noticeIn(c, l)
	for _, r := range list[:min(len(list), maxShownReports)] {
		p.Reports = append(p.Reports, page.Report{
			Room: r.Room, Path: r.Path, ID: r.ID, Text: r.Text,
			Count: l.Text("moderator.count", "n", r.Reports), Classes: l.Text("moderator.classes", "n", r.Classes),
		})
	}
	return s.render(c, http.StatusOK, p)
}

// maxShownReports is how many reported messages the page lists; chatterctl lists all.
const maxShownReports = 100
