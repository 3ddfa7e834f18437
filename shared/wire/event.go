package wire

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// The events of a server.
const (
	EventMessage = "message"
	EventAck     = "ack"
	EventRefused = "refused"
	EventRemoved = "removed"
	EventGap     = "gap"
	EventLive    = "live"
	EventRecent  = "recent"
)

// Event is a frame of a server, read by a client. The event tells which fields are set; the
// others are zero.
type Event struct {
	Event string

	ID      ID // message, ack, removed; zero in a message of the original server
	Message string

	Nonce      Nonce // ack, refused; "" in a refusal of a message that has none
	Code       Code
	Detail     string
	RetryAfter uint32 // seconds

	Cursor ID // live

	Users, Rooms []string // recent
}

// ParseEvent reads a frame of a server, of either protocol. It is strict about the events
// that it knows. Of other events it returns only the name, so that a newer server may send
// them.
func ParseEvent(frame []byte) (Event, error) {
	e, err := parseEvent(frame)
	if err != nil {
		return Event{}, fmt.Errorf("parse event: %w", err)
	}
	return e, nil
}

func parseEvent(frame []byte) (e Event, err error) {
	o, refusal := parseObject(frame)
	if refusal != nil {
		return e, refusal
	}
	e.Event = EventMessage // as the original server sent it
	if o.has("event") || !o.has("message") {
		if err := o.decode("event", &e.Event); err != nil {
			return e, err
		}
	}
	switch e.Event {
	case EventMessage:
		if o.has("id") {
			err = o.decode("id", &e.ID)
		}
		return e, errors.Join(err, o.decode("message", &e.Message))
	case EventAck:
		return e, errors.Join(o.decode("nonce", &e.Nonce), o.decode("id", &e.ID))
	case EventRemoved:
		return e, o.decode("id", &e.ID)
	case EventRefused:
		if string(o["nonce"]) != `""` {
			err = o.decode("nonce", &e.Nonce)
		}
		return e, errors.Join(err, o.decode("code", &e.Code), o.decode("detail", &e.Detail), o.decode("retry_after", &e.RetryAfter))
	case EventLive:
		return e, o.decode("cursor", &e.Cursor)
	case EventRecent:
		return e, errors.Join(o.decode("users", &e.Users), o.decode("rooms", &e.Rooms))
	}
	return e, nil
}

// AppendMessage appends the frame of a message, the same bytes for everybody.
func AppendMessage(dst []byte, id ID, text string) []byte {
	return fmt.Appendf(dst, `{"event":"message","id":"%v","message":%s}`, id, quote(text))
}

// AppendAck appends the frame that tells a sender that its message is stored.
func AppendAck(dst []byte, nonce Nonce, id ID) []byte {
	return fmt.Appendf(dst, `{"event":"ack","nonce":"%s","id":"%v"}`, nonce, id)
}

// AppendRefused appends the frame that tells a sender that its message is not stored.
// RetryAfter is rounded up to whole seconds, so that a client that waits so long is not
// refused again.
func AppendRefused(dst []byte, r Refusal) []byte {
	seconds := math.Ceil(max(r.RetryAfter, 0).Seconds())
	return fmt.Appendf(dst, `{"event":"refused","nonce":"%s","code":%s,"detail":%s,"retry_after":%.0f}`,
		r.Nonce, quote(string(r.Code)), quote(r.Detail), seconds)
}

// AppendGap appends the frame that says that messages may be missing.
func AppendGap(dst []byte) []byte { return append(dst, `{"event":"gap"}`...) }

// AppendRemoved appends the frame that says that a message was removed.
func AppendRemoved(dst []byte, id ID) []byte {
	return fmt.Appendf(dst, `{"event":"removed","id":"%v"}`, id)
}

// AppendLive appends the frame that ends a resumption. The cursor is the ID of the last
// message that was sent, or zero when the log is empty.
func AppendLive(dst []byte, cursor ID) []byte {
	return fmt.Appendf(dst, `{"event":"live","cursor":"%v"}`, cursor)
}

// AppendRecent appends the frame of the live index. The lists keep their order and are
// never null.
func AppendRecent(dst []byte, users, rooms []string) []byte {
	return fmt.Appendf(dst, `{"event":"recent","users":%s,"rooms":%s}`, quoteAll(users), quoteAll(rooms))
}

func quoteAll(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return "[" + strings.Join(quoted, ",") + "]"
}

// quote returns s as a JSON string (RFC 8259 section 7) with as few escapes as JSON.stringify.
// encoding/json always escapes U+2028 and U+2029. Invalid UTF-8 becomes U+FFFD; ParseText
// returns none, but an entry may have been added to the log by hand.
func quote(s string) string { return `"` + escapes.Replace(strings.ToValidUTF8(s, "\ufffd")) + `"` }

var escapes = newEscapes()

func newEscapes() *strings.Replacer {
	pairs := []string{`"`, `\"`, `\`, `\\`, "\b", `\b`, "\t", `\t`, "\n", `\n`, "\f", `\f`, "\r", `\r`}
	for c := range ' ' { // the first pair of a character counts
		pairs = append(pairs, string(c), fmt.Sprintf(`\u%04x`, c))
	}
	return strings.NewReplacer(pairs...)
}
