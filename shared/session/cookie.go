package session

import (
	"crypto/sha256"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"chatter/shared/name"
	"chatter/shared/origin"
)

// The value of a cookie is PAYLOAD.SIGNATURE, both in base64url without
// padding. The payload is VERSION.ISSUED.ID.USER: the issue time in Unix
// seconds. The name is last because it may contain dots.
const version = "1"

// maxValueBytes bounds a cookie value before it is decoded. A good value is much shorter: a
// name has at most 200 bytes.
const maxValueBytes = 1 << 10

// maxSkew is how far the clock of another host may be ahead when it issues a cookie. A cookie
// from further in the future would be good for longer than Lifetime.
const maxSkew = time.Minute

// Cookie returns the cookie that holds the session, issued now and signed with
// the first key. site is the origin under which the browser sees the site.
func (k *Keys) Cookie(s Session, now time.Time, site origin.Origin) *http.Cookie {
	payload := encoding.EncodeToString([]byte(strings.Join([]string{
		version, strconv.FormatInt(now.Unix(), 10), s.ID, s.User.String(),
	}, ".")))
	c := bare(site)
	c.Value = payload + "." + encoding.EncodeToString(k.sign(payload))
	c.MaxAge = int(Lifetime / time.Second)
	return c
}

// Forget returns the cookie that makes the browser delete its session.
func Forget(site origin.Origin) *http.Cookie {
	c := bare(site)
	c.MaxAge = -1
	return c
}

func bare(site origin.Origin) *http.Cookie {
	return &http.Cookie{
		Name:     CookieName(site),
		Path:     "/",
		Secure:   site.Secure(),
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	}
}

// FromRequest returns the session of the request, even if it has ended: the services call
// orders.Sessions.FromRequest. The only error is ErrNone.
func (k *Keys) FromRequest(r *http.Request, now time.Time, site origin.Origin) (Session, error) {
	return Only(k.FromCookies(r, now, site))
}

// Only returns the one session of sessions, which may repeat it. None and two different ones are
// ErrNone: of two, nothing tells which the guest has started and which a subdomain has set.
func Only(sessions iter.Seq[Session]) (only Session, err error) {
	err = ErrNone
	for s := range sessions {
		if err == nil && s.ID != only.ID {
			return Session{}, ErrNone
		}
		only, err = s, nil
	}
	return only, err
}

// FromCookies yields the valid sessions of the request to the site: over https the cookie of
// http does not count. Over http a browser may send several cookies of the name, if one was
// set for a parent domain.
func (k *Keys) FromCookies(r *http.Request, now time.Time, site origin.Origin) iter.Seq[Session] {
	return func(yield func(Session) bool) {
		for _, c := range r.CookiesNamed(CookieName(site)) {
			if s, ok := k.parse(c.Value, now); ok && !yield(s) {
				return
			}
		}
	}
}

// parse reads a cookie value. It verifies the signature before it decodes the payload.
func (k *Keys) parse(value string, now time.Time) (Session, bool) {
	if len(value) > maxValueBytes {
		return Session{}, false
	}
	encoded, sum, _ := strings.Cut(value, ".")
	signature, err := encoding.DecodeString(sum)
	if err != nil || len(signature) != sha256.Size {
		return Session{}, false
	}
	key, ok := k.verify(encoded, signature)
	if !ok {
		return Session{}, false
	}
	payload, err := encoding.DecodeString(encoded)
	if err != nil {
		return Session{}, false
	}
	s, ok := parsePayload(string(payload), now)
	if ok {
		s.Hash, s.Author = key.idHash(s.ID), key.author(s.ID)
	}
	return s, ok
}

func parsePayload(payload string, now time.Time) (Session, bool) {
	fields := strings.SplitN(payload, ".", 4)
	if len(fields) != 4 || fields[0] != version || !validID(fields[2]) {
		return Session{}, false
	}
	issued, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil || !current(issued, now) {
		return Session{}, false
	}
	// The rules for names may have become stricter since the cookie was made.
	user, err := name.ParseUser(fields[3])
	if err != nil {
		return Session{}, false
	}
	return Session{User: user, ID: fields[2], Ends: time.Unix(issued, 0).Add(Lifetime)}, true
}

// current reports whether a cookie issued at that Unix second is good now. It compares
// seconds, because a Time that is far away overflows.
func current(issued int64, now time.Time) bool {
	from := now.Add(-Lifetime).Unix()
	until := now.Add(maxSkew).Unix()
	return from < issued && issued <= until
}
