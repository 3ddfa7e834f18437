// Package session signs and verifies sessions: a user name and a random session id in a
// cookie. Both services use the same secret file.
//
// It stores nothing on the server and must not know Redis, rooms or pages. A request with an
// invalid cookie has no session; that is not an error for the guest.
package session

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"time"

	"chatter/shared/name"
	"chatter/shared/origin"
)

// CookieName returns the name of the cookie that holds a session. Browsers accept a name with
// the prefix __Host- only from this very host over https, so that neither a subdomain nor
// somebody on the line can set it. They send a cookie to all ports of a host, so that a site
// on a port other than the default one has a name of its own.
func CookieName(site origin.Origin) string {
	name := "chatter"
	if site.Secure() {
		name = "__Host-chatter"
	}
	if port := site.Port(); port != "" {
		name += "-" + port
	}
	return name
}

// Lifetime is how long a session is good for, counted from the issue time
// inside the cookie and not from what the browser says.
const Lifetime = 30 * 24 * time.Hour

// ErrNone says that a request has no session: no cookie, or one that is forged, truncated,
// expired, ended, or signed with an unknown key.
var ErrNone = errors.New("no session")

// idBytes is the length of a session id before encoding: 128 bits cannot be guessed, and two
// sessions never have the same.
const idBytes = 16

// encoding encodes all parts of a cookie. It is strict, so that a value has one spelling.
var encoding = base64.RawURLEncoding.Strict()

// Session is one signed-in guest in one browser. [New] and [Keys.FromCookies] are the only ways
// to get one that verifies.
type Session struct {
	User name.User
	ID   string // idBytes random bytes in base64url; never logged or stored

	// From a request only:
	Ends   time.Time // the end of the cookie
	Hash   string    // of the ID, see [Keys.Hashes]
	Author Author    // of the messages that the session sends
}

// Since returns when the cookie of a session from a request was issued.
func (s Session) Since() time.Time { return s.Ends.Add(-Lifetime) }

// New returns a fresh session for the user.
func New(user name.User) Session {
	var id [idBytes]byte
	rand.Read(id[:]) // never fails: crypto/rand ends the program instead
	return Session{User: user, ID: encoding.EncodeToString(id[:])}
}

// validID reports whether s has the form of the ids that New makes.
func validID(s string) bool {
	if len(s) != encoding.EncodedLen(idBytes) {
		return false
	}
	var id [idBytes]byte
	_, err := encoding.Decode(id[:], []byte(s))
	return err == nil
}
