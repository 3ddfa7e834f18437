package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"chatter/httpd/internal/page"
	"chatter/httpd/internal/text"
	"chatter/shared/capacity"
	"chatter/shared/limits"
	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"

	"github.com/labstack/echo/v4"
)

// say answers POST /chat/NAME/, the form of a browser without scripts. If the message is
// refused or cannot be stored, the answer is the room's page with the message in the form. A
// script that cannot open a WebSocket sends the same form and gets JSON, see say_json.go.
func (s *Site) say(c echo.Context) error {
	room, _, err := roomOf(c)
	if err != nil {
		return err
	}
	guest, ok := s.session(c)
	if !ok && wantsJSON(c) {
		return sendJSON(c, http.StatusUnauthorized, jsonError{"Sign in first."})
	}
	if !ok {
		return askToSignIn(c, room.Path())
	}
	if err := parseForm(c); err != nil {
		return err
	}
	l := s.language(c)
	form := roomForm{typed: c.Request().PostForm.Get("message")}
	if form.nonce, err = wire.ParseNonce(c.Request().PostForm.Get("nonce")); err != nil {
		form.nonce, form.code = wire.NewNonce(), wire.CodeBadNonce
		return s.refuse(c, room, form, http.StatusUnprocessableEntity, l.Say("say.incomplete"))
	}
	message, err := wire.ParseText(form.typed)
	if err != nil {
		form.code = textCode(err)
		return s.refuse(c, room, form, http.StatusUnprocessableEntity, textProblem(l, err))
	}
	ctx := c.Request().Context()
	if wait := s.limiter.Say(limits.Message{
		Guest: limits.Guest{Network: s.classes.NetworkOf(c.Request()), Session: guest.Hash, Since: guest.Since()},
		Room:  room.Key(), Bytes: len(message.String()), Empty: s.isEmpty(ctx, room),
	}, s.now()); wait > 0 {
		form.code = wire.CodeRateLimited
		seconds := secondsUp(wait)
		c.Response().Header().Set("Retry-After", strconv.Itoa(seconds))
		return s.refuse(c, room, form, http.StatusTooManyRequests, l.Say("say.too_fast", "n", seconds))
	}
	if left, muted := s.mutes.Muted(guest.Author); muted {
		form.code = wire.CodeMuted
		// The status of a guest who is too fast: the log of requests does not tell mutes apart.
		c.Response().Header().Set("Retry-After", strconv.Itoa(secondsUp(left)))
		return s.refuse(c, room, form, http.StatusTooManyRequests, l.Say("say.muted", "time", l.About(left)))
	}
	id, err := s.appendOnce(ctx, room, form.nonce, message)
	if err != nil {
		if full, ok := errors.AsType[capacity.Full](err); ok {
			form.code = wire.CodeFull
			c.Response().Header().Set("Retry-After", strconv.Itoa(secondsUp(capacity.RetryAfter())))
			return s.refuse(c, room, form, http.StatusServiceUnavailable, l.Say(fullProblems[full.Step], "most", capacity.MaxShortBytes))
		}
		if !errors.Is(err, redisconn.ErrUnavailable) || errors.Is(ctx.Err(), context.Canceled) {
			return fmt.Errorf("say: %w", err)
		}
		// Redis may have stored the message without answering. The form keeps its nonce,
		// so that sending it again does not store it twice.
		form.status, form.problem, form.code = http.StatusServiceUnavailable, l.Say("say.unavailable"), wire.CodeUnavailable
		c.Response().Header().Set("Retry-After", retryAfterSeconds)
		if wantsJSON(c) {
			return sendRefusal(c, form)
		}
		return s.renderRoom(c, room, form, page.MessageList{})
	}
	s.metrics.stored.Inc()
	s.mutes.Stored(guest.Author, room, id)
	s.presence.Used(room, s.classes.Of(c.Request(), s.now()))
	if wantsJSON(c) {
		return sendJSON(c, http.StatusOK, stored{id.String()})
	}
	s.setPosted(c, room)
	return redirect(c, http.StatusSeeOther, room.Path())
}

func secondsUp(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// fullProblems are the keys of why a message is not stored while Redis is nearly full.
var fullProblems = [...]string{
	capacity.NoNewRooms: "say.full_rooms", capacity.ShortTexts: "say.full_short", capacity.Exhausted: "say.full",
}

// isEmpty reports whether the room is known to have no messages, which only limits ask for.
func (s *Site) isEmpty(ctx context.Context, room name.Room) bool {
	if s.limiter == nil {
		return false
	}
	newest, err := s.log.Before(ctx, room, wire.ID{Ms: math.MaxUint64}, 1)
	return s.health.observe(err) == nil && len(newest.Entries) == 0
}

// refuse shows the room with the form as it was sent and the problem. Without Redis it
// leaves out the log: an error page would lose the guest's text.
func (s *Site) refuse(c echo.Context, room name.Room, form roomForm, status int, problem string) error {
	form.status, form.problem = status, problem
	if wantsJSON(c) {
		return sendRefusal(c, form)
	}
	err := s.showRoom(c, room, form)
	if errors.Is(err, redisconn.ErrUnavailable) {
		return s.renderRoom(c, room, form, page.MessageList{})
	}
	return err
}

// appendOnce stores a message, once for each nonce and text, and returns its ID. Without an
// error the message is stored.
//
// A browser that goes back can show a form that was already sent, with its nonce. If the
// guest types another text there, the nonce is known but the text is not stored. The same
// holds if the log has lost the first message. Then the text is stored under a nonce that
// is made of both.
func (s *Site) appendOnce(ctx context.Context, room name.Room, nonce wire.Nonce, message wire.Text) (wire.ID, error) {
	stored, err := s.log.Append(ctx, room, nonce, message)
	if s.health.observe(err) != nil || !stored.Known {
		return stored.ID, err
	}
	removed, err := s.log.Removed(ctx, room, stored.ID)
	if s.health.observe(err) != nil {
		return wire.ID{}, err
	}
	if slices.ContainsFunc(removed, func(r wire.Removal) bool { return r.ID == stored.ID }) {
		return stored.ID, nil // nobody knows its text any more
	}
	known, err := s.log.Before(ctx, room, after(stored.ID), 1)
	if s.health.observe(err) != nil {
		return wire.ID{}, err
	}
	if slices.Equal(known.Entries, []wire.Entry{{ID: stored.ID, Text: message.String()}}) {
		return stored.ID, nil
	}
	stored, err = s.log.Append(ctx, room, nonceOf(nonce, message), message)
	return stored.ID, s.health.observe(err)
}

func nonceOf(nonce wire.Nonce, message wire.Text) wire.Nonce {
	sum := sha256.Sum256([]byte(string(nonce) + "\n" + message.String()))
	return wire.Nonce(base64.RawURLEncoding.EncodeToString(sum[:]))
}

// textProblem says why a message is refused.
func textProblem(l *text.Language, err error) string {
	switch {
	case errors.Is(err, wire.ErrEmpty):
		return l.Say("say.empty")
	case errors.Is(err, wire.ErrTooLong):
		return l.Say("say.too_long", "n", wire.MaxTextClusters, "kib", wire.MaxTextBytes>>10)
	default:
		return l.Say("say.bad_text")
	}
}
