package moderation

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"chatter/shared/redisconn"
)

const (
	// linkLife is how long a link can be spent.
	linkLife = 15 * time.Minute
	// CookieLife is how long a browser that has spent a link may moderate.
	CookieLife = 12 * time.Hour
)

var encoding = base64.RawURLEncoding.Strict()

// Moderators lets browsers moderate. A link that the operator hands out is spent once, in any
// process, for a cookie. The cookie holds only the time at which it ends, so that it is no
// trace of a guest, of a link or of another moderator. Redis holds a hash of each link that
// has not been spent.
type Moderators struct {
	client *redisconn.Client
	prefix string // of the keys in Redis
	key    []byte // signs the cookies
}

// NewModerators returns Moderators whose cookies are signed with key, which must be the same
// in all processes.
func NewModerators(client *redisconn.Client, prefix string, key []byte) *Moderators {
	return &Moderators{client: client, prefix: prefix + "moderator:", key: key}
}

// Link returns the path of a new link, which can be spent within linkLife. The error wraps
// redisconn.ErrUnavailable.
func (m *Moderators) Link(ctx context.Context) (path string, err error) {
	token := rand.Text()
	if err := m.client.Universal().Set(ctx, m.keyOf(token), "1", linkLife).Err(); err != nil {
		return "", redisconn.Unavailable("store a moderator's link", err)
	}
	return "/moderator/?token=" + token, nil
}

// Spend reports whether the token belongs to a link that nobody has spent, and spends it. The
// error wraps redisconn.ErrUnavailable.
func (m *Moderators) Spend(ctx context.Context, token string) (bool, error) {
	deleted, err := m.client.Universal().Del(ctx, m.keyOf(token)).Result()
	return deleted == 1, redisconn.Unavailable("spend a moderator's link", err)
}

// keyOf returns the key in Redis that a token has until it is spent.
func (m *Moderators) keyOf(token string) string {
	return m.prefix + encoding.EncodeToString(m.hash("link " + token)[:16])
}

func (m *Moderators) hash(text string) []byte {
	h := hmac.New(sha256.New, m.key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// Cookie returns the cookie of a moderator, good from now on. secure says that the browser
// uses https.
func (m *Moderators) Cookie(now time.Time, secure bool) *http.Cookie {
	until := strconv.FormatInt(now.Add(CookieLife).Unix(), 10)
	c := ForgetCookie(secure)
	c.Value = until + "." + encoding.EncodeToString(m.hash("until "+until))
	c.MaxAge = int(CookieLife / time.Second)
	return c
}

// ForgetCookie returns the cookie that makes a browser forget that it may moderate.
func ForgetCookie(secure bool) *http.Cookie {
	name := "chatter_moderator"
	if secure {
		name = "__Host-" + name
	}
	return &http.Cookie{Name: name, Path: "/", Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: -1}
}

// May reports whether the request comes from a browser that may moderate.
func (m *Moderators) May(r *http.Request, now time.Time, secure bool) bool {
	for _, c := range r.CookiesNamed(ForgetCookie(secure).Name) {
		until, signature, _ := strings.Cut(c.Value, ".")
		sum, err := encoding.DecodeString(signature)
		if err != nil || !hmac.Equal(sum, m.hash("until "+until)) {
			continue
		}
		if seconds, err := strconv.ParseInt(until, 10, 64); err == nil && now.Unix() < seconds {
			return true
		}
	}
	return false
}
