package moderation

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chatter/shared/origin"
	"chatter/shared/redisconn"
	"chatter/shared/redistest"
)

func tokenIn(t *testing.T, path string) string {
	t.Helper()
	token, ok := strings.CutPrefix(path, "/moderator/?token=")
	if !ok {
		t.Fatalf("link %q", path)
	}
	return token
}

func TestLink_IsSpentOnceInAllProcesses(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		one, other := NewModerators(c, "chatter:", []byte("key")), NewModerators(c, "chatter:", []byte("key"))
		path, err := one.Link(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		token := tokenIn(t, path)
		for _, wrong := range []string{"", "x", token + "A", token[1:], strings.Repeat("A", len(token)), "../" + token} {
			if spent, err := other.Spend(t.Context(), wrong); spent || err != nil {
				t.Errorf("token %q: %v, %v", wrong, spent, err)
			}
		}
		var spent atomic.Int32
		var both sync.WaitGroup
		for i := range 8 {
			m := []*Moderators{one, other}[i%2]
			both.Go(func() {
				ok, err := m.Spend(t.Context(), token)
				if err != nil {
					t.Error(err)
				}
				if ok {
					spent.Add(1)
				}
			})
		}
		both.Wait()
		if n := spent.Load(); n != 1 {
			t.Errorf("spent %d times", n)
		}
	})
}

func TestLink_EndsAndIsKeptAsAHash(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		m := NewModerators(c, "chatter:", []byte("key"))
		path, err := m.Link(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		keys, err := c.Universal().Keys(t.Context(), "*").Result()
		if err != nil || len(keys) != 1 || !strings.HasPrefix(keys[0], "chatter:moderator:") || strings.Contains(keys[0], tokenIn(t, path)) {
			t.Fatalf("keys %q, %v", keys, err)
		}
		if value := c.Universal().Get(t.Context(), keys[0]).Val(); value != "1" {
			t.Errorf("the key holds %q", value)
		}
		if ttl := c.Universal().PTTL(t.Context(), keys[0]).Val(); ttl <= 0 || ttl > linkLife {
			t.Errorf("the link ends in %v", ttl)
		}
	})
}

func TestCookie_IsGoodForItsTimeAlone(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	m := NewModerators(nil, "chatter:", []byte("key"))
	good, https := m.Cookie(now, false), m.Cookie(now, true)
	if !good.HttpOnly || good.SameSite != http.SameSiteLaxMode || good.Secure || good.Path != "/" || good.MaxAge != 12*60*60 {
		t.Errorf("cookie %v", good)
	}
	if https.Name != "__Host-chatter_moderator" || !https.Secure {
		t.Errorf("cookie of https %v", https)
	}
	until, signature, _ := strings.Cut(good.Value, ".")
	for _, c := range []struct {
		name, cookie, value string
		at                  time.Time
		secure, may         bool
	}{
		{"fresh", good.Name, good.Value, now, false, true},
		{"before its end", good.Name, good.Value, now.Add(CookieLife - time.Second), false, true},
		{"after its end", good.Name, good.Value, now.Add(CookieLife), false, false},
		{"prolonged", good.Name, "9" + until[1:] + "." + signature, now, false, false},
		{"without a signature", good.Name, until, now, false, false},
		{"of another key", good.Name, NewModerators(nil, "chatter:", []byte("other")).Cookie(now, false).Value, now, false, false},
		{"a link's hash is no signature", good.Name, "x." + encoding.EncodeToString(m.hash("link x")), now, false, false},
		{"of http behind https", good.Name, good.Value, now, true, false},
		{"of https", https.Name, https.Value, now, true, true},
		{"none", "other", good.Value, now, false, false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(&http.Cookie{Name: c.cookie, Value: c.value})
		if may := m.May(r, c.at, c.secure); may != c.may {
			t.Errorf("%s: %v", c.name, may)
		}
	}
}

func TestHandler_LinksAndReports(t *testing.T) {
	onBoth(t, func(t *reportsTest) {
		id := t.say("tea", "spam")
		t.report(t.one, "192.0.2.1", "tea", id)
		t.write(t.one)
		ask := func(h http.Handler, method, order string) (int, string) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "http://admin/moderation/"+order, nil))
			return w.Code, w.Body.String()
		}
		links := NewModerators(t.client, "chatter:", []byte("key"))
		for _, public := range []origin.Origin{{}, {Scheme: "https", Host: "chat.example.org"}} {
			h := (&Moderation{Moderators: links, Reports: t.one, Public: public}).Handler()
			want := `{"url":"` + public.String() + "/moderator/?token="
			if status, body := ask(h, http.MethodPost, "moderator"); status != http.StatusOK || !strings.HasPrefix(body, want) {
				t.Errorf("a link: %d %s", status, body)
			}
			if status, _ := ask(h, http.MethodGet, "moderator"); status != http.StatusMethodNotAllowed {
				t.Errorf("GET of a link: %d", status)
			}
			want = fmt.Sprintf(`{"reports":[{"room":"tea","id":"%v","text":"spam","reports":1,"classes":1}]}`+"\n", id)
			if status, body := ask(h, http.MethodGet, "reports"); status != http.StatusOK || body != want {
				t.Errorf("the reports: %d %s, want %s", status, body, want)
			}
		}
	})
}
