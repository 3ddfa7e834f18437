package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"chatter/shared/name"
	"chatter/shared/session"
)

// benchmarkPage asks for a page without a network in between.
func benchmarkPage(b *testing.B, site *testSite, path string) {
	user, err := name.ParseUser("Ann")
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.AddCookie(site.keys.Cookie(session.New(user), site.now(), false))
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatalf("status %d", w.Code)
		}
	}
}

func BenchmarkIndex(b *testing.B) {
	site := newSite(b)
	for i := range recentLines {
		batch := site.client.Batch()
		user, err := name.ParseUser(fmt.Sprintf("guest %d", i))
		if err != nil {
			b.Fatal(err)
		}
		site.recents.Touch(batch, user, mustRoom(b, fmt.Sprintf("room %d", i)), site.now())
		if err := batch.Run(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	benchmarkPage(b, site, "/index/")
}

func BenchmarkRoom(b *testing.B) {
	site := newSite(b)
	for i := range 60 {
		site.say("x", fmt.Sprintf("message %d, of about the length that people write", i))
	}
	benchmarkPage(b, site, "/chat/x/")
}
