package web

import (
	"context"
	"net/http"
	"testing"
	"time"

	"chatter/shared/limits"
)

// Requests beyond the limit wait for others, and get an answer when their time is over.
func TestBusy_RequestsBeyondTheLimitWait(t *testing.T) {
	site := newSite(t, func(c *Config) { c.Harakiri = 100 * time.Millisecond })
	ann := site.guest("Ann")
	for range maxBusy {
		site.busy.all <- struct{}{}
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
	<-site.busy.all
	(<-answered).want(http.StatusOK)
	if n := len(site.busy.all); n != maxBusy-1 {
		t.Errorf("%d tokens are held", n)
	}
}

// Others do not wait for a client that holds as many requests as it can.
func TestBusy_OneClassCannotHoldAll(t *testing.T) {
	b := newBusy()
	slow, other := limits.Class{1}, limits.Class{2}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	var held []func()
	for range maxBusy {
		done, err := b.begin(ctx, slow)
		if err != nil {
			break
		}
		held = append(held, done)
	}
	done, err := b.begin(t.Context(), other)
	if err != nil || len(held) >= maxBusy {
		t.Fatalf("the other class: %v, the slow one holds %d", err, len(held))
	}
	done()
	for _, done := range held {
		done()
	}
	if len(b.all) != 0 || len(b.of) != 0 {
		t.Errorf("%d tokens and %d classes are left", len(b.all), len(b.of))
	}
}
