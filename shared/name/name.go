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
	"unicode/utf8"

	"go.mau.fi/util/confusable"
)

// User is a user's name. The zero value is no name. Users may be compared with
// ==, which tells two spellings of one name apart; compare Key to tell whether
// they are the same user.
type User struct{ parsed }

// Room is a room's name. The zero value is no name. Rooms may be compared with
// ==, which tells two spellings of one name apart; compare Key to tell whether
// they are the same room.
type Room struct{ parsed }

// parsed is a name of either kind.
type parsed struct{ enforced, key string }

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

// String returns the enforced form, which parses to an equal name.
func (p parsed) String() string { return p.enforced }

// Key returns the comparison key. It must not be shown, and it may be longer than a name
// can be: some capitals have longer small letters.
func (p parsed) Key() string { return p.key }

// EscapedKey returns Key percent-encoded. Of ASCII's punctuation it has only $&+-.:=@_~, so
// no braces, slashes or spaces.
func (p parsed) EscapedKey() string { return url.PathEscape(p.key) }

// IsZero reports whether p is no name.
func (p parsed) IsZero() bool { return p == parsed{} }

// Look returns what the name looks like: names of one Look are hard to tell apart, in upper
// and lower case. It is the skeleton of UTS #39 and must not be shown.
//
// It takes the skeleton before it drops the case, because a capital I looks like a small l,
// and after it, because UTS #39 takes some small letters for others.
func (p parsed) Look() string {
	return confusable.Skeleton(strings.ToLower(confusable.Skeleton(p.enforced)))
}

// Path returns the address of the room's page. r must not be zero.
func (r Room) Path() string { return "/chat/" + url.PathEscape(r.enforced) + "/" }

// Unlisted reports whether the room's name begins with a tilde. Such a room is in no list. A
// sign that looks like a tilde counts, too, and so do those that keyboards have in its place: a
// guest who takes one of them for a tilde must not publish the name.
func (r Room) Unlisted() bool {
	_, size := utf8.DecodeRuneInString(r.enforced)
	switch first := r.enforced[:size]; first {
	case "〜", // on Japanese keyboards
		"\u0303": // the profile makes it of a small tilde
		return true
	default:
		return strings.HasPrefix(confusable.Skeleton(first), "~")
	}
}
