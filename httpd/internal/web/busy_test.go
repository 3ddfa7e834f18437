package web

import (
	"net/http"
	"testing"
	"time"
)

// Requests beyond the limit wait for others, and get an answer when their time is over.
func TestBusy_RequestsBeyondTheLimitWait(t *testing.T) {
	site := newSite(t, func(c *Config) { c.Harakiri = 100 * time.Millisecond })
	ann := site.guest("Ann")
	for range maxBusy {
		site.busy <- struct{}{}
	}
	for _, path := range []string{"/index/", "/chat/x/", "/chat/x/log/"} {
		if a := ann.get(path); a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", path)
		} else {
			a.wantPage(http.StatusServiceUnavailable)
		}
	}
	ann.get("/chat/x/messages/").want(http.StatusServiceUnavailable)
	ann.get("/").want(http.StatusOK)
	ann.get("/favicon.ico").want(http.StatusOK)
	answered := make(chan *answer)
	site.Site.Harakiri = hangLimit
	go func() { answered <- ann.get("/index/") }()
	<-site.busy
	(<-answered).want(http.StatusOK)
	if n := len(site.busy); n != maxBusy-1 {
		t.Errorf("%d tokens are held", n)
	}
}
