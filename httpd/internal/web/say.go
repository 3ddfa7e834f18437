package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"

	"github.com/labstack/echo/v4"
)

// say answers POST /chat/NAME/: saying something without a script. After an error
// the guest gets the room again with the text that they typed. A 303 says that the
// message is stored, by this request or an earlier one with its nonce; appendOnce
// tells of the one exception.
func (s *Site) say(c echo.Context) error {
	room, _, err := roomOf(c)
	if err != nil {
		return err
	}
	guest, ok := s.session(c)
	if !ok {
		return askToSignIn(c, room.Path())
	}
	if err := parseForm(c); err != nil {
		return err
	}
	words := s.languages.of(c)
	form := roomForm{typed: c.Request().PostForm.Get("message")}
	if form.nonce, err = wire.ParseNonce(c.Request().PostForm.Get("nonce")); err != nil {
		form.nonce = wire.NewNonce()
		return s.sayAgain(c, room, form, http.StatusUnprocessableEntity,
			words.say("say.incomplete"))
	}
	text, err := wire.ParseText(form.typed)
	if err != nil {
		return s.sayAgain(c, room, form, http.StatusUnprocessableEntity, textProblem(words, err))
	}
	if ok, wait := s.limiter.Allow(guest.ID, s.now()); !ok {
		seconds := int((wait + time.Second - 1) / time.Second)
		c.Response().Header().Set("Retry-After", strconv.Itoa(seconds))
		return s.sayAgain(c, room, form, http.StatusTooManyRequests,
			words.say("say.too_fast"))
	}
	ctx := c.Request().Context()
	if err := s.appendOnce(ctx, room, form.nonce, text); err != nil {
		if !errors.Is(err, redisconn.ErrUnavailable) || errors.Is(ctx.Err(), context.Canceled) {
			return fmt.Errorf("say: %w", err)
		}
		// The form keeps its nonce: if the message was stored after all, sending
		// it again does not store it twice. The log is out of reach as well.
		form.status, form.problem = http.StatusServiceUnavailable, words.say("say.unavailable")
		c.Response().Header().Set("Retry-After", retryAfterSeconds)
		return s.writeRoom(c, room, form, roomlog.Page{})
	}
	setSaid(c, room)
	return redirect(c, http.StatusSeeOther, room.Path())
}

// sayAgain shows the room with the form as it was sent and what is wrong: without
// the log rather than not at all, because what was typed stands nowhere else.
func (s *Site) sayAgain(c echo.Context, room name.Room, form roomForm, status int, problem string) error {
	form.status, form.problem = status, problem
	err := s.showRoom(c, room, form, false)
	if errors.Is(err, redisconn.ErrUnavailable) {
		return s.writeRoom(c, room, form, roomlog.Page{})
	}
	return err
}

// appendOnce stores the text, once for each sending of one form.
//
// A browser that goes back may show a form that was sent before, with its nonce. A
// text that differs from the stored one is a new message, so it is stored under a
// nonce made of both. When the stored one is not in the log any more, the texts
// cannot be compared. The form then counts as sent twice, and nothing is stored,
// also if the guest changed the text: to store it twice would break a guarantee.
func (s *Site) appendOnce(ctx context.Context, room name.Room, nonce wire.Nonce, text wire.Text) error {
	stored, err := s.log.Append(ctx, room, nonce, text)
	if s.memory.watch(err) != nil || !stored.Known {
		return err
	}
	page, err := s.log.Before(ctx, room, after(stored.ID), 1)
	if s.memory.watch(err) != nil {
		return err
	}
	if len(page.Entries) == 0 || page.Entries[0].ID != stored.ID || page.Entries[0].Text == text.String() {
		return nil
	}
	_, err = s.log.Append(ctx, room, nonceOfBoth(nonce, text), text)
	return s.memory.watch(err)
}

func nonceOfBoth(nonce wire.Nonce, text wire.Text) wire.Nonce {
	sum := sha256.Sum256([]byte(string(nonce) + "\n" + text.String()))
	return wire.Nonce(base64.RawURLEncoding.EncodeToString(sum[:]))
}

// textProblem says what is wrong with a message.
func textProblem(t *texts, err error) string {
	switch {
	case errors.Is(err, wire.ErrEmpty):
		return t.say("say.empty")
	case errors.Is(err, wire.ErrTooLong):
		return t.say("say.too_long", "n", wire.MaxTextClusters, "kib", wire.MaxTextBytes>>10)
	default:
		return t.say("say.bad_text")
	}
}
