package wire

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
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

	ID      ID   // message, ack, removed
	HasID   bool // whether the frame had an ID: messages of the original server had none
	Message string

	Nonce      Nonce // ack, refused; "" in a refusal of a message that has none
	Code       Code
	Detail     string
	RetryAfter int // seconds

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
	if !utf8.Valid(frame) {
		return e, errors.New("not valid UTF-8")
	}
	o, err := parseObject(frame)
	if err != nil {
		return e, err
	}
	r := eventReader{object: o}
	if o.has("event") || !o.has("message") {
		e.Event = r.text("event")
	} else {
		e.Event = EventMessage // as the original server sent it
	}
	switch e.Event {
	case EventMessage:
		if e.HasID = o.has("id"); e.HasID {
			e.ID = r.id("id")
		}
		e.Message = r.text("message")
	case EventAck:
		e.ID, e.HasID, e.Nonce = r.id("id"), true, r.nonce("nonce")
	case EventRemoved:
		e.ID, e.HasID = r.id("id"), true
	case EventRefused:
		if r.text("nonce") != "" {
			e.Nonce = r.nonce("nonce")
		}
		e.Code, e.Detail, e.RetryAfter = Code(r.text("code")), r.text("detail"), r.seconds("retry_after")
	case EventLive:
		e.Cursor = r.id("cursor")
	case EventRecent:
		e.Users, e.Rooms = r.texts("users"), r.texts("rooms")
	}
	return e, r.err
}

// eventReader reads the fields of an event. It keeps the first error.
type eventReader struct {
	object object
	err    error
}

func (r *eventReader) fail(key string, err error) {
	if r.err == nil && err != nil {
		r.err = fmt.Errorf("%s: %w", key, err)
	}
}

func (r *eventReader) text(key string) string {
	s, ok := r.object.text(key)
	if !ok || loneSurrogate(r.object[key]) {
		r.fail(key, errors.New("not a text"))
	}
	return s
}

func (r *eventReader) id(key string) ID {
	id, err := ParseID(r.text(key))
	r.fail(key, err)
	return id
}

func (r *eventReader) nonce(key string) Nonce {
	nonce, err := ParseNonce(r.text(key))
	r.fail(key, err)
	return nonce
}

func (r *eventReader) seconds(key string) int {
	var n *uint32
	if err := json.Unmarshal(r.object[key], &n); err != nil || n == nil {
		r.fail(key, errors.New("not a whole number of seconds"))
		return 0
	}
	return int(*n)
}

// texts returns a list of strings, never nil without an error.
func (r *eventReader) texts(key string) []string {
	var raw []json.RawMessage
	if err := json.Unmarshal(r.object[key], &raw); err != nil || raw == nil {
		r.fail(key, errors.New("not a list"))
	}
	list := make([]string, len(raw))
	for i, element := range raw {
		one := eventReader{object: object{key: element}}
		list[i] = one.text(key)
		r.err = cmp.Or(r.err, one.err)
	}
	return list
}
