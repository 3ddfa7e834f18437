// Package session is what a signed-in guest carries: a user name and a random
// session id, in a cookie that both services sign and verify with the same
// secret file. It also holds the flood limit, which is counted per session.
//
// It keeps nothing on the server and must not know Redis, rooms or pages. A
// cookie that is not good, for whatever reason, is no session; it is never an
// error for the guest.
package session

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"time"

	"chatter/shared/name"
)

// CookieName is the name of the cookie that holds a session.
const CookieName = "chatter"

// Lifetime is how long a session is good for, counted from the issue time
// inside the cookie and not from what the browser says.
const Lifetime = 30 * 24 * time.Hour

// ErrNone says that a request carries no session: no cookie, or one that is
// forged, truncated, expired, or signed with a key that is not ours.
var ErrNone = errors.New("no session")

// idBytes is the length of a session id before encoding: 128 bits, too many
// to guess or to meet by chance.
const idBytes = 16

// encoding writes everything that goes into a cookie. Strict, so that one
// value has one spelling and a flipped padding bit is a defect.
var encoding = base64.RawURLEncoding.Strict()

// Session is one signed-in guest in one browser. It is made by [New] or read
// by [Keys.FromRequest]; a cookie made from any other value verifies nowhere.
type Session struct {
	User name.User
	ID   string // idBytes random bytes in base64url; never logged or stored
}

// New returns a fresh session for the user.
func New(user name.User) Session {
	var id [idBytes]byte
	rand.Read(id[:]) // never fails: crypto/rand ends the program instead
	return Session{User: user, ID: encoding.EncodeToString(id[:])}
}

// validID reports whether s is what New makes.
func validID(s string) bool {
	if len(s) != encoding.EncodedLen(idBytes) {
		return false
	}
	var id [idBytes]byte
	_, err := encoding.Decode(id[:], []byte(s))
	return err == nil
}
