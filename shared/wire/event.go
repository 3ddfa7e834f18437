package wire

import (
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
	EventGap     = "gap"
	EventLive    = "live"
	EventRecent  = "recent"
)

// Event is a server's frame as a client sees it. Which fields are set depends
// on Event; the others are zero.
type Event struct {
	Event string

	ID      ID   // message, ack
	HasID   bool // whether the frame had an ID: the original server's messages had none
	Message string

	Nonce      Nonce // ack, refused; "" in a refusal of a message that has none
	Code       Code
	Detail     string
	RetryAfter int // seconds

	Cursor ID // live

	Users, Rooms []string // recent
}

// ParseEvent reads a server's frame, of either protocol. It is strict about
// the events it knows, because what it is given comes from a server of ours; of
// an event it does not know it returns the name alone, so that a newer server
// may say more.
func ParseEvent(frame []byte) (Event, error) {
	e, err := parseEvent(frame)
	if err != nil {
		return Event{}, fmt.Errorf("parse event: %w", err)
	}
	return e, nil
}

func parseEvent(frame []byte) (e Event, err error) {
	if !utf8.Valid(frame) {
		return Event{}, errors.New("not valid UTF-8")
	}
	o, err := parseObject(frame)
	if err != nil {
		return Event{}, err
	}
	if !o.has("event") && o.has("message") {
		e.Event = EventMessage // as the original server sent it
	} else if e.Event, err = o.want("event"); err != nil {
		return Event{}, err
	}
	switch e.Event {
	case EventMessage:
		return e, o.readMessage(&e)
	case EventAck:
		return e, o.readAck(&e)
	case EventRefused:
		return e, o.readRefused(&e)
	case EventLive:
		e.Cursor, err = o.id("cursor")
	case EventRecent:
		return e, o.readRecent(&e)
	}
	return e, err
}

func (o object) readMessage(e *Event) (err error) {
	if o.has("id") {
		if e.ID, err = o.id("id"); err != nil {
			return err
		}
		e.HasID = true
	}
	e.Message, err = o.want("message")
	return err
}

func (o object) readAck(e *Event) (err error) {
	if e.ID, err = o.id("id"); err != nil {
		return err
	}
	e.HasID = true
	nonce, err := o.want("nonce")
	if err != nil {
		return err
	}
	e.Nonce, err = ParseNonce(nonce)
	return err
}

func (o object) readRefused(e *Event) error {
	nonce, err := o.want("nonce")
	if err != nil {
		return err
	}
	if nonce != "" {
		if e.Nonce, err = ParseNonce(nonce); err != nil {
			return err
		}
	}
	code, err := o.want("code")
	if err != nil {
		return err
	}
	e.Code = Code(code)
	if e.Detail, err = o.want("detail"); err != nil {
		return err
	}
	var wait *uint32
	if err := json.Unmarshal(o["retry_after"], &wait); err != nil || wait == nil {
		return errors.New("retry_after: not a whole number of seconds")
	}
	e.RetryAfter = int(*wait)
	return nil
}

func (o object) readRecent(e *Event) (err error) {
	if e.Users, err = o.texts("users"); err != nil {
		return err
	}
	e.Rooms, err = o.texts("rooms")
	return err
}

// want returns the string under key, and an error when there is none or it has
// broken characters.
func (o object) want(key string) (string, error) {
	s, ok := o.text(key)
	if !ok || loneSurrogate(o[key]) {
		return "", fmt.Errorf("%s: not a text", key)
	}
	return s, nil
}

func (o object) id(key string) (ID, error) {
	s, err := o.want(key)
	if err != nil {
		return ID{}, err
	}
	id, err := ParseID(s)
	if err != nil {
		return ID{}, fmt.Errorf("%s: %w", key, err)
	}
	return id, nil
}

// texts returns the list of strings under key, never nil without an error.
func (o object) texts(key string) ([]string, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(o[key], &raw); err != nil || raw == nil {
		return nil, fmt.Errorf("%s: not a list", key)
	}
	list := make([]string, len(raw))
	for i, r := range raw {
		var err error
		if list[i], err = (object{key: r}).want(key); err != nil {
			return nil, err
		}
	}
	return list, nil
}
