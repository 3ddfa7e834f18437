package attack

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// tally counts outcomes by name. It is safe for concurrent use.
type tally struct {
	mu sync.Mutex
	n  map[string]int
}

func (t *tally) add(outcome string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == nil {
		t.n = make(map[string]int)
	}
	t.n[outcome] += n
}

// answer counts the status of an answer, 0 for none, unless ctx ended it.
func (t *tally) answer(ctx context.Context, status int) {
	if ctx.Err() == nil {
		t.add(fmt.Sprintf("%d %s", status, cmp.Or(http.StatusText(status), "no answer")), 1)
	}
}

// String lists the outcomes: "200 OK ×12, 429 Too Many Requests ×1".
func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var parts []string
	for _, outcome := range slices.Sorted(maps.Keys(t.n)) {
		parts = append(parts, fmt.Sprintf("%s ×%d", outcome, t.n[outcome]))
	}
	return strings.Join(parts, ", ")
}
