package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/origin"
	"chatter/shared/recent"
	"chatter/shared/redistest"
	"chatter/shared/session"

	"github.com/labstack/echo/v4"
)

// crowd is how many different guests ask in turn.
const crowd = 1000

// visitors are requests for a page, each from another guest.
func visitors(b *testing.B, site *testSite, n int, path string) []*http.Request {
	all := make([]*http.Request, n)
	for i := range all {
		user, err := name.ParseUser(fmt.Sprintf("Visitor %03d", i))
		if err != nil {
			b.Fatal(err)
		}
		all[i] = httptest.NewRequest(http.MethodGet, path, nil)
		all[i].Header.Set("Accept-Language", "en-GB,en;q=0.9,de;q=0.8")
		all[i].AddCookie(site.Keys.Cookie(session.New(user), time.Now(), origin.Origin{Scheme: "http", Host: all[i].Host}))
	}
	return all
}

// ask serves the requests in turn, without a network in between. It calls before each of
// them.
func ask(b *testing.B, site http.Handler, all []*http.Request, before func(i int)) {
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		before(i)
		w := httptest.NewRecorder()
		site.ServeHTTP(w, all[i%len(all)])
		if w.Code != http.StatusOK {
			b.Fatalf("status %d", w.Code)
		}
		i++
	}
}

// busySite has fifty rooms and fifty guests, and sixty messages in room 0.
func busySite(b *testing.B) *testSite {
	site := newSiteOn(b, redistest.Start(b).URL)
	for i := range recent.Listed {
		site.publish("users", fmt.Sprintf("guest %d", i), 0)
		site.publish("rooms", fmt.Sprintf("room %d", i), 0)
	}
	for i := range 60 {
		site.say("room 0", fmt.Sprintf("message %d, of about the length that people write", i))
	}
	return site
}

// BenchmarkPage has each page for one guest, who reloads it; for a thousand in turn, who
// are back within a second, after eleven, and for the first time in an interval. The floors answer with ready bytes, the room's after a round trip to Redis.
func BenchmarkPage(b *testing.B) {
	for _, page := range []struct{ name, path string }{{"index", "/index/"}, {"room", "/chat/room%200/"}} {
		for _, who := range []struct {
			name  string
			n     int
			pause time.Duration // between two requests
			new   bool          // an interval begins after each round
		}{
			{"one guest", 1, 0, false},
			{"a crowd", crowd, time.Millisecond, false},
			{"a crowd that comes back", crowd, 11 * time.Millisecond, false},
			{"a crowd of newcomers", crowd, time.Millisecond, true},
		} {
			b.Run(page.name+"/"+who.name, func(b *testing.B) {
				site := busySite(b)
				now := time.Now().Truncate(recent.DefaultEvery).Add(recent.DefaultEvery) // later than the cookies
				ask(b, site, visitors(b, site, who.n, page.path), func(i int) {
					now = now.Add(who.pause)
					if who.new && i%who.n == 0 {
						now = now.Truncate(recent.DefaultEvery).Add(recent.DefaultEvery)
					}
					site.at(now)
				})
			})
		}
		b.Run(page.name+"/floor", func(b *testing.B) {
			site := busySite(b)
			w := httptest.NewRecorder()
			site.ServeHTTP(w, visitors(b, site, 1, page.path)[0])
			floor := echo.New()
			floor.GET("*", func(c echo.Context) error {
				if page.name == "room" {
					if err := site.client.Universal().Ping(c.Request().Context()).Err(); err != nil {
						return err
					}
				}
				return c.HTMLBlob(http.StatusOK, w.Body.Bytes())
			})
			ask(b, floor, visitors(b, site, crowd, page.path), func(int) {})
		})
	}
}
