// Package name holds the names of users and of rooms. Parsing is the only way to get one,
// so that every [User] and every [Room] is a good name.
//
// A name has two forms. The enforced form, String, is the typed text after the Nickname
// profile of PRECIS (RFC 8266): it is shown, and it stands in addresses. The comparison
// key, Key, decides identity: names that differ only in case, in the number of spaces or
// in the width of their letters have one key and are one user or one room.
//
// The package knows the rules for names and nothing else: no requests, no pages, no Redis.
package name

import (
	"fmt"
	"net/url"
	"strings"
)

// User is a user's name. The zero value is no name. Users may be compared with
// ==, which tells two spellings of one name apart; compare Key to tell whether
// they are the same user.
type User struct{ parsed parsed }

// Room is a room's name. The zero value is no name. Rooms may be compared with
// ==, which tells two spellings of one name apart; compare Key to tell whether
// they are the same room.
type Room struct{ parsed parsed }

// ParseUser returns the user's name in s. The error is one of this package's,
// and its text can be shown to a guest.
func ParseUser(s string) (User, error) {
	p, err := parse(s)
	return User{p}, err
}

// ParseRoom returns the room's name in s. The error is one of this package's,
// and its text can be shown to a guest.
func ParseRoom(s string) (Room, error) {
	p, err := parse(s)
	return Room{p}, err
}

// ParseRoomPath returns the room's name in an escaped path after "/chat/", such as
// "caf%C3%A9/messages/": only the first segment counts. enforced reports whether the
// segment spells the enforced form.
func ParseRoomPath(escaped string) (room Room, enforced bool, err error) {
	segment, _, _ := strings.Cut(escaped, "/")
	decoded, err := url.PathUnescape(segment)
	if err != nil {
		return Room{}, false, fmt.Errorf("decode room: %w", err)
	}
	room, err = ParseRoom(decoded)
	return room, err == nil && room.String() == decoded, err
}

// String returns the enforced form, which parses to an equal User.
func (u User) String() string { return u.parsed.enforced }

// Key returns the comparison key. It must not be shown, and it may be longer than a name
// can be: some capitals have longer small letters.
func (u User) Key() string { return u.parsed.key }

// EscapedKey returns Key percent-encoded. Of ASCII's punctuation it has only $&+-.:=@_~, so
// no braces, slashes or spaces.
func (u User) EscapedKey() string { return url.PathEscape(u.parsed.key) }

// IsZero reports whether u is no name.
func (u User) IsZero() bool { return u == User{} }

// String returns the enforced form, which parses to an equal Room.
func (r Room) String() string { return r.parsed.enforced }

// Key returns the comparison key. It must not be shown, and it may be longer than a name
// can be: some capitals have longer small letters.
func (r Room) Key() string { return r.parsed.key }

// EscapedKey returns Key percent-encoded. Of ASCII's punctuation it has only $&+-.:=@_~, so
// no braces, slashes or spaces.
func (r Room) EscapedKey() string { return url.PathEscape(r.parsed.key) }

// IsZero reports whether r is no name.
func (r Room) IsZero() bool { return r == Room{} }

// Path returns the address of the room's page. r must not be zero.
func (r Room) Path() string { return "/chat/" + url.PathEscape(r.parsed.enforced) + "/" }
