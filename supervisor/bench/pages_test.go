package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"chatter/shared/session"
	"chatter/supervisor/services"
)

// httpd need not note a guest again who was there just now: a page that is asked for by
// one guest costs less than what guests ask for.
func TestMeasure_AsksAsAnotherGuestEachTime(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := services.EnsureSecret(secret); err != nil {
		t.Fatal(err)
	}
	keys, err := session.LoadKeys(secret)
	if err != nil {
		t.Fatal(err)
	}
	const n, whole = 20, 20 * time.Millisecond
	const requests = n + n/10 + pagesPerSecond*int(whole)/int(time.Second)
	cookies, err := cookiesOf(secret, requests)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what    string
		cookies []string
		users   int
	}{
		{"many guests", cookies, requests},
		{"one guest", cookies[:1], 1},
		{"nobody", nil, 0},
	} {
		var mu sync.Mutex
		asked := 0
		users := map[string]int{}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			asked++
			if s, err := keys.FromRequest(r, time.Now()); err == nil {
				users[s.User.Key()]++
			}
			_, _ = w.Write(make([]byte, 123))
		}))
		b := &browser{ctx: t.Context(), base: server.URL, cookies: c.cookies}
		size, found, err := b.measure(&rig{accs: []int{os.Getpid()}}, "/x", n, whole)
		server.Close()
		if err != nil || size != 123 || found.cpu <= 0 || found.load <= 0 || found.p99 <= 0 {
			t.Errorf("%s: %d bytes, %+v, %v", c.what, size, found, err)
		}
		if asked != requests || len(users) != c.users {
			t.Errorf("%s: %d requests of %d users, want %d of %d", c.what, asked, len(users), requests, c.users)
		}
	}
}
