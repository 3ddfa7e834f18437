package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// tally counts answers by status. It is safe for concurrent use.
type tally struct {
	mu sync.Mutex
	n  map[string]int
}

func newTally() *tally { return &tally{n: make(map[string]int)} }

// add sends a request and counts the answer.
func (t *tally) add(ctx context.Context, c *http.Client, method, address string, cookie *http.Cookie, form url.Values) {
	status, _, err := request(ctx, c, method, address, cookie, form)
	if ctx.Err() != nil {
		return
	}
	answer := fmt.Sprint(status)
	if err != nil {
		answer = "no answer"
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n[answer]++
}

func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var parts []string
	for _, answer := range slices.Sorted(maps.Keys(t.n)) {
		parts = append(parts, fmt.Sprintf("%s ×%d", answer, t.n[answer]))
	}
	return strings.Join(parts, ", ")
}
