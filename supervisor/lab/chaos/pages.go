package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// viewer asks for pages all the time, as guests do who come and look around. It is owned
// by one goroutine until that has ended.
type viewer struct {
	client *http.Client
	cookie *http.Cookie
	pages  []string
	faults *blame

	views map[string]map[string]int // by kind of fault, then by what came of it
}

const (
	pageShown   = "shown"
	pageWaiting = "waiting" // the page that says so, and comes back by itself
	pageRefused = "refused" // nobody listened
	pageCut     = "cut"
)

// between two page requests; a few dozen a second are many for as many guests.
const viewEvery = 25 * time.Millisecond

func (v *viewer) run(ctx context.Context) {
	v.views = make(map[string]map[string]int)
	for i := 0; pause(ctx, viewEvery); i++ {
		begun := time.Now()
		how := v.view(ctx, v.pages[i%len(v.pages)])
		if ctx.Err() != nil {
			return
		}
		// It may have begun just before the fault that it fell victim to.
		kind := v.faults.at(begun)
		if how != pageShown {
			kind = v.faults.now()
		}
		if v.views[kind] == nil {
			v.views[kind] = make(map[string]int)
		}
		v.views[kind][how]++
	}
}

func (v *viewer) view(ctx context.Context, page string) string {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return err.Error()
	}
	req.AddCookie(v.cookie)
	resp, err := v.client.Do(req)
	if err != nil {
		if errors.Is(err, syscall.ECONNREFUSED) {
			return pageRefused
		}
		return pageCut
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return pageCut
	case resp.StatusCode == http.StatusOK:
		return pageShown
	case resp.StatusCode >= 500 && strings.Contains(string(body), `http-equiv="refresh"`):
		return pageWaiting
	}
	return resp.Status
}
