package session_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chatter/shared/name"
	"chatter/shared/origin"
	"chatter/shared/session"
)

var (
	overHTTP  = origin.Origin{Scheme: "http", Host: "chat.example.org"}
	overHTTPS = origin.Origin{Scheme: "https", Host: "chat.example.org"}
)

var issued = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestCookie_Attributes(t *testing.T) {
	keys := mustKeys(t, newKey)
	for _, site := range []origin.Origin{overHTTPS, overHTTP} {
		got := *keys.Cookie(session.New(mustUser(t, "Ada")), issued, site)
		if err := got.Valid(); err != nil {
			t.Errorf("%v: not a valid cookie: %v", site, err)
		}
		got.Value = ""
		want := http.Cookie{
			Name: session.CookieName(site), Path: "/", MaxAge: 30 * 24 * 60 * 60,
			Secure: site.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v: cookie (-want +got):\n%s", site, diff)
		}
		want.MaxAge = -1
		if diff := cmp.Diff(&want, session.Forget(site)); diff != "" {
			t.Errorf("%v: forgetting cookie (-want +got):\n%s", site, diff)
		}
	}
}

func TestNew_IDs(t *testing.T) {
	seen := make(map[string]bool)
	for range 1000 {
		id := session.New(mustUser(t, "Ada")).ID
		raw, err := base64.RawURLEncoding.DecodeString(id)
		if err != nil || len(raw) != 16 {
			t.Fatalf("id %q holds %d bytes, error %v; want 16", id, len(raw), err)
		}
		if seen[id] {
			t.Fatalf("id %q came twice", id)
		}
		seen[id] = true
	}
}

func TestFromRequest_ReadsWhatCookieWrote(t *testing.T) {
	keys := mustKeys(t, newKey)
	for _, user := range []string{"Ada", "a.b.c", "Grace Hopper", "عائشة", "😀", strings.Repeat("x", 25)} {
		want := session.New(mustUser(t, user))
		got, err := keys.FromRequest(request(keys.Cookie(want, issued, overHTTPS).Value), issued, overHTTP)
		if err != nil || got.User != want.User || got.ID != want.ID || !got.Ends.Equal(issued.Add(session.Lifetime)) {
			t.Errorf("%q: got a session of %q that ends at %v, error %v", user, got.User, got.Ends, err)
		}
	}
}

func TestFromRequest_Time(t *testing.T) {
	keys := mustKeys(t, newKey)
	value := keys.Cookie(session.New(mustUser(t, "Ada")), issued, overHTTPS).Value
	for _, test := range []struct {
		name string
		now  time.Time
		good bool
	}{
		{"at once", issued, true},
		{"a moment before the end", issued.Add(session.Lifetime - time.Second), true},
		{"at the end", issued.Add(session.Lifetime), false},
		{"long after", issued.Add(100 * session.Lifetime), false},
		{"our clock is a little behind", issued.Add(-time.Minute), true},
		{"from the future", issued.Add(-time.Minute - time.Second), false},
		{"from the far future", time.Unix(0, 0), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := keys.FromRequest(request(value), test.now, overHTTP)
			wantVerdict(t, err, test.good)
		})
	}
}

func TestFromRequest_RotatedKeys(t *testing.T) {
	before := mustKeys(t, oldKey)
	during := mustKeys(t, newKey, oldKey)
	after := mustKeys(t, newKey)
	s := session.New(mustUser(t, "Ada"))
	old := before.Cookie(s, issued, overHTTPS).Value
	fresh := during.Cookie(s, issued, overHTTPS).Value
	for _, test := range []struct {
		name  string
		keys  *session.Keys
		value string
		good  bool
	}{
		{"old cookie, old key", before, old, true},
		{"old cookie, both keys", during, old, true},
		{"old cookie, old key gone", after, old, false},
		{"fresh cookie, both keys", during, fresh, true},
		{"fresh cookie, old key gone", after, fresh, true},
		{"fresh cookie, new key not there yet", before, fresh, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := test.keys.FromRequest(request(test.value), issued, overHTTP)
			wantVerdict(t, err, test.good)
		})
	}
}

func TestFromRequest_Defects(t *testing.T) {
	keys := mustKeys(t, newKey)
	good := keys.Cookie(session.New(mustUser(t, "Ada")), issued, overHTTPS).Value
	payload, signature, _ := strings.Cut(good, ".")
	other, _, _ := strings.Cut(keys.Cookie(session.New(mustUser(t, "Eve")), issued, overHTTPS).Value, ".")
	id := session.New(mustUser(t, "Ada")).ID
	now := strconv.FormatInt(issued.Unix(), 10)
	wantVerdict(t, verdict(keys, good), true)
	wantVerdict(t, verdict(keys, signed("1."+now+"."+id+".Ada")), true)

	for _, test := range []struct{ name, value string }{
		{"empty", ""},
		{"a dot", "."},
		{"no signature", payload},
		{"empty signature", payload + "."},
		{"no payload", "." + signature},
		{"short signature", payload + "." + signature[:len(signature)-4]},
		{"longer signature", good + "AAAA"},
		{"second signature", good + "." + signature},
		{"padded", good + "="},
		{"line break inside", payload[:4] + "\n" + payload[4:] + "." + signature},
		{"payload of another", other + "." + signature},
		{"foreign key", mustKeys(t, oldKey).Cookie(session.New(mustUser(t, "Ada")), issued, overHTTPS).Value},
		{"longest header", strings.Repeat("A", 1<<20)},
		{"longest signed", signed("1." + now + "." + id + "." + strings.Repeat("x", 1<<16))},
		{"signed nothing", signed("")},
		{"signed dots", signed("...")},
		{"other version", signed("2." + now + "." + id + ".Ada")},
		{"no version", signed(now + "." + id + ".Ada")},
		{"no time", signed("1.." + id + ".Ada")},
		{"time not a number", signed("1.soon." + id + ".Ada")},
		{"time before the epoch", signed("1.-9223372036854775808." + id + ".Ada")},
		{"time beyond counting", signed("1.9223372036854775807." + id + ".Ada")},
		{"time past 64 bits", signed("1.9223372036854775808." + id + ".Ada")},
		{"no id", signed("1." + now + "..Ada")},
		{"short id", signed("1." + now + "." + id[1:] + ".Ada")},
		{"id not base64", signed("1." + now + "." + strings.Repeat("!", 22) + ".Ada")},
		{"id with stray bits", signed("1." + now + "." + strings.Repeat("B", 22) + ".Ada")},
		{"no user", signed("1." + now + "." + id)},
		{"empty user", signed("1." + now + "." + id + ".")},
		{"impossible user", signed("1." + now + "." + id + ".a/b")},
		{"user not UTF-8", signed("1." + now + "." + id + ".\xff")},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantVerdict(t, verdict(keys, test.value), false)
		})
	}

	t.Run("truncated", func(t *testing.T) {
		for i := range good {
			wantVerdict(t, verdict(keys, good[:i]), false)
		}
	})
	t.Run("any character changed", func(t *testing.T) {
		for i := range good {
			changed := byte('A')
			if good[i] == changed {
				changed = 'B'
			}
			wantVerdict(t, verdict(keys, good[:i]+string(changed)+good[i+1:]), false)
		}
	})
}

func TestFromRequest_Cookies(t *testing.T) {
	keys := mustKeys(t, newKey)
	ada, eve := session.New(mustUser(t, "Ada")), session.New(mustUser(t, "Eve"))
	a, e := keys.Cookie(ada, issued, overHTTPS).Value, keys.Cookie(eve, issued, overHTTPS).Value
	for _, test := range []struct {
		name   string
		values []string
		want   session.Session
	}{
		{"none", nil, session.Session{}},
		{"a valid one", []string{"bad", e}, eve},
		{"the same twice", []string{a, "bad", a}, ada},
		{"two different ones", []string{"bad", a, e}, session.Session{}},
		{"three, the last like the first", []string{e, a, e}, session.Session{}},
		{"all bad", []string{"bad", "worse"}, session.Session{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := keys.FromRequest(request(test.values...), issued, overHTTP)
			wantVerdict(t, err, test.want != session.Session{})
			if got.User != test.want.User || got.ID != test.want.ID {
				t.Errorf("got the session of %q, want of %q", got.User, test.want.User)
			}
		})
	}
}

func FuzzFromRequest(f *testing.F) {
	keys := mustKeys(f, newKey)
	f.Add(keys.Cookie(session.New(mustUser(f, "Ada")), issued, overHTTPS).Value, "1.2.3.Ada")
	f.Add("", "")
	f.Add("a.b", "1.1772366400.AAAAAAAAAAAAAAAAAAAAAA.Ada")
	f.Fuzz(func(t *testing.T, value, payload string) {
		// Without the key nothing can be made up that passes.
		foreign := mustKeys(t, oldKey)
		wantVerdict(t, verdict(foreign, value), false)
		// With the key anything may come, and what passes is whole.
		for _, v := range []string{value, signed(payload)} {
			s, err := keys.FromRequest(request(v), issued, overHTTP)
			switch {
			case err == nil && (s.User.IsZero() || s.ID == ""):
				t.Errorf("cookie %q passed with user %q and id %q", v, s.User, s.ID)
			case err != nil && (!errors.Is(err, session.ErrNone) || s != session.Session{}):
				t.Errorf("cookie %q: %v", v, err)
			}
		}
	})
}

func BenchmarkFromRequest(b *testing.B) {
	for _, bench := range []struct {
		name string
		keys *session.Keys
	}{
		{"one key", mustKeys(b, newKey)},
		{"old key of two", mustKeys(b, oldKey, newKey)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			r := request(mustKeys(b, newKey).Cookie(session.New(mustUser(b, "Grace Hopper")), issued, overHTTPS).Value)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := bench.keys.FromRequest(r, issued, overHTTP); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func verdict(keys *session.Keys, value string) error {
	_, err := keys.FromRequest(request(value), issued, overHTTP)
	return err
}

func wantVerdict(t *testing.T, err error, good bool) {
	t.Helper()
	if good && err != nil {
		t.Errorf("error %v, want a session", err)
	}
	if !good && !errors.Is(err, session.ErrNone) {
		t.Errorf("error %v, want ErrNone", err)
	}
}

// request writes the header itself, because http.Request.AddCookie would clean
// up what a hostile client sends.
func request(values ...string) *http.Request {
	r := &http.Request{Header: make(http.Header)}
	for _, v := range values {
		r.Header.Add("Cookie", session.CookieName(overHTTP)+"="+v)
	}
	return r
}

// signed makes the cookie value of any payload, as the first of the keys would.
func signed(payload string) string {
	encoded := base64.RawURLEncoding.EncodeToString([]byte(payload))
	h := hmac.New(sha256.New, []byte(newKey))
	h.Write([]byte("chatter=" + encoded))
	return encoded + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func mustUser(tb testing.TB, s string) name.User {
	tb.Helper()
	u, err := name.ParseUser(s)
	if err != nil {
		tb.Fatal(err)
	}
	return u
}
