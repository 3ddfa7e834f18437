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

	"chatter/httpd/internal/page"
	"chatter/httpd/internal/text"
	"chatter/shared/capacity"
	"chatter/shared/limits"
	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/session"
	"chatter/shared/wire"

	"github.com/labstack/echo/v4"
)

// say answers POST /chat/NAME/, the form of a browser without scripts. If the message is
// not stored, the answer is the room's page with the message in the form. A script that cannot
// open a WebSocket sends the same form and gets JSON.
func (s *Site) say(c echo.Context, room name.Room) error {
	guest, ok := s.session(c)
	if !ok {
		return signInFirst(c, room)
	}
	if err := parseForm(c); err != nil {
		return err
	}
	posted := c.Request().PostForm
	form := roomForm{nonce: wire.Nonce(posted.Get("nonce")), typed: posted.Get("message")}
	id, err := s.store(c, guest, room, form)
	if why, ok := errors.AsType[*refusal](err); ok {
		return s.refuse(c, room, form, why)
	}
	if err != nil {
		return fmt.Errorf("say: %w", err)
	}
	s.metrics.stored.Inc()
	s.Mutes.Stored(guest.Author, room, id)
	s.Presence.Used(room, s.Classes.Of(c.Request(), s.now()))
	if wantsJSON(c) {
		return sendJSON(c, http.StatusOK, stored{id.String()})
	}
	s.setPosted(c, room)
	return c.Redirect(http.StatusSeeOther, room.Path())
}

// stored is the answer to a script whose message is stored.
type stored struct {
	ID string `json:"id"`
}

// refusal is why a message is not stored. It is the answer to a script, with the fields of the
// WebSocket's event.
type refusal struct {
	Code       wire.Code `json:"code"`
	Detail     string    `json:"detail"`
	RetryAfter int       `json:"retry_after"` // seconds; 0: there is nothing to wait for
	status     int
}

func (r *refusal) Error() string { return string(r.Code) }

// refuse answers with the room and the form as it was sent. Without Redis it leaves out the
// log: an error page would lose the guest's text.
func (s *Site) refuse(c echo.Context, room name.Room, form roomForm, why *refusal) error {
	if wantsJSON(c) {
		return sendJSON(c, why.status, why)
	}
	var messages page.MessageList
	if why.Code != wire.CodeUnavailable {
		var err error
		if messages, err = s.newestMessages(c.Request().Context(), room); err != nil && !errors.Is(err, redisconn.ErrUnavailable) {
			return err
		}
	}
	form.problem = why.Detail
	if why.Code == wire.CodeBadNonce {
		form.nonce = wire.NewNonce()
	}
	return s.renderRoom(c, why.status, room, form, messages)
}

// store stores the message in the form and returns its ID, or a *refusal.
func (s *Site) store(c echo.Context, guest session.Session, room name.Room, form roomForm) (id wire.ID, err error) {
	ctx, l := c.Request().Context(), s.language(c)
	if _, err := wire.ParseNonce(string(form.nonce)); err != nil {
		return id, &refusal{status: http.StatusUnprocessableEntity, Code: wire.CodeBadNonce, Detail: l.Text("say.incomplete")}
	}
	message, err := wire.ParseText(form.typed)
	if err != nil {
		code, detail := textProblem(l, err)
		return id, &refusal{status: http.StatusUnprocessableEntity, Code: code, Detail: detail}
	}
	if wait := s.Limiter.Say(limits.Message{
		Guest: limits.Guest{Network: s.Classes.NetworkOf(c.Request()), Session: guest.Hash, Since: guest.Since()},
		Room:  room.Key(), Bytes: len(message.String()), Empty: s.isEmpty(ctx, room),
	}, s.now()); wait > 0 {
		seconds := retryAfter(c, wait)
		return id, &refusal{wire.CodeRateLimited, l.Text("say.too_fast", "n", seconds), seconds, http.StatusTooManyRequests}
	}
	if left, muted := s.Mutes.Muted(guest.Author); muted {
		// The status of a guest who is too fast: the log of requests does not tell mutes apart.
		return id, &refusal{wire.CodeMuted, l.Text("say.muted", "time", l.About(left)), retryAfter(c, left), http.StatusTooManyRequests}
	}
	id, err = s.appendOnce(ctx, room, form.nonce, message)
	if full, ok := errors.AsType[capacity.Full](err); ok {
		detail := l.Text(fullProblems[full.Step], "most", capacity.MaxShortBytes)
		return id, &refusal{wire.CodeFull, detail, retryAfter(c, capacity.RetryAfter()), http.StatusServiceUnavailable}
	}
	if errors.Is(err, redisconn.ErrUnavailable) && !errors.Is(ctx.Err(), context.Canceled) {
		// Redis may have stored the message without answering. The form keeps its nonce,
		// so that sending it again does not store it twice.
		return id, &refusal{wire.CodeUnavailable, l.Text("say.unavailable"), retryAfter(c, retryLater), http.StatusServiceUnavailable}
	}
	return id, err
}

// fullProblems are the keys of why a message is not stored while Redis is nearly full.
var fullProblems = [...]string{
	capacity.NoNewRooms: "say.full_rooms", capacity.ShortTexts: "say.full_short", capacity.Exhausted: "say.full",
}

// textProblem tells why a text is refused: an error of wire.ParseText.
func textProblem(l *text.Language, err error) (code wire.Code, detail string) {
	switch {
	case errors.Is(err, wire.ErrEmpty):
		return wire.CodeEmpty, l.Text("say.empty")
	case errors.Is(err, wire.ErrTooLong):
		return wire.CodeTooLong, l.Text("say.too_long", "n", wire.MaxTextClusters, "kib", wire.MaxTextBytes>>10)
	default:
		return wire.CodeBadText, l.Text("say.bad_text")
	}
}

// isEmpty reports whether the room is known to have no messages, which only limits ask for.
func (s *Site) isEmpty(ctx context.Context, room name.Room) bool {
	if s.Limiter == nil {
		return false
	}
	newest, err := s.Log.Before(ctx, room, wire.ID{Ms: math.MaxUint64}, 1)
	return s.health.observe(err) == nil && len(newest.Entries) == 0
}

// appendOnce stores a message, once for each nonce and text, and returns its ID. Without an
// error the message is stored.
//
// A browser that goes back can show a form that was already sent, with its nonce. If the
// guest types another text there, the nonce is known but the text is not stored. The same
// holds if the log has lost the first message. Then the text is stored under a nonce that
// is made of both.
func (s *Site) appendOnce(ctx context.Context, room name.Room, nonce wire.Nonce, message wire.Text) (wire.ID, error) {
	stored, err := s.Log.Append(ctx, room, nonce, message)
	if s.health.observe(err) != nil || !stored.Known {
		return stored.ID, err
	}
	removed, err := s.Log.Removed(ctx, room, stored.ID)
	if s.health.observe(err) != nil {
		return wire.ID{}, err
	}
	if slices.ContainsFunc(removed, func(r wire.Removal) bool { return r.ID == stored.ID }) {
		return stored.ID, nil // its text is not known any more
	}
	known, err := s.Log.Before(ctx, room, after(stored.ID), 1)
	if s.health.observe(err) != nil {
		return wire.ID{}, err
	}
	if slices.Equal(known.Entries, []wire.Entry{{ID: stored.ID, Text: message.String()}}) {
		return stored.ID, nil
	}
	stored, err = s.Log.Append(ctx, room, nonceOf(nonce, message), message)
	return stored.ID, s.health.observe(err)
}

func nonceOf(nonce wire.Nonce, message wire.Text) wire.Nonce {
	sum := sha256.Sum256([]byte(string(nonce) + "\n" + message.String()))
	return wire.Nonce(base64.RawURLEncoding.EncodeToString(sum[:]))
}
