// Package faults_test does one harm after the other to the whole stack, each under load,
// and holds it to what a guest is promised meanwhile: an answer that is true, in time.
// Chaos, beside it, does them all at random and holds it to what is promised in the end.
package faults_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"chatter/shared/redisconn"
	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

func TestMain(m *testing.M) {
	fixture.Parallel(4)
	os.Exit(fixture.Main(m))
}

// site is a stack of one test's own, with a guest's cookie.
type site struct {
	*stack.Stack
	t      *testing.T
	client *http.Client
	cookie *http.Cookie
}

// start starts a stack whose binaries are in binaries, with further settings in env. The
// binaries report data races, and a report fails the test. No time limit of the site is so
// short that a busy machine reaches it.
func start(t *testing.T, binaries string, env ...string) *site {
	t.Helper()
	limit := fixture.HangLimit.String()
	dir := fixture.Dir(t)
	t.Cleanup(func() { failOnRace(t, dir) }) // after the stack has stopped
	s := fixture.Start(t, stack.Options{
		Dir: dir, Bin: binaries, SocketsPerAddress: 1000, HandshakesPerSecond: 1000, RequestsPerSecond: 1000,
		Env: append([]string{"CHATTER_LIMITS=off", "CHATTER_PING_TIMEOUT=" + limit, "CHATTER_HARAKIRI=" + limit}, env...),
	})
	w := &site{Stack: s, t: t, client: &http.Client{Timeout: fixture.HangLimit}}
	w.waitLonger()
	var err error
	if w.cookie, err = guest.SignIn(t.Context(), w.client, s.URL(), "Ann"); err != nil {
		t.Fatal(err)
	}
	return w
}

var proxyLimit = regexp.MustCompile(`(?m)^(\s*proxy_(?:connect|read|send)_timeout)\s.*;`)

// waitLonger has nginx wait for the services as long as a test may hang.
func (w *site) waitLonger() {
	w.t.Helper()
	path := filepath.Join(w.Dir(), "nginx", "chatter", "site.conf")
	text, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	if n := len(proxyLimit.FindAll(text, -1)); n < 2 {
		w.t.Fatalf("%s has %d time limits", path, n)
	}
	limit := fmt.Sprintf("${1} %ds;", int(fixture.HangLimit.Seconds()))
	if err := os.WriteFile(path, proxyLimit.ReplaceAll(text, []byte(limit)), 0o600); err != nil {
		w.t.Fatal(err)
	}
	// Not a reload, after which the workers of before serve on for a while.
	if _, err := w.Ctl(w.t.Context(), "restart", "nginx"); err != nil {
		w.t.Fatal(err)
	}
	fixture.Await(w.t, "nginx answers", func() bool {
		resp, err := w.client.Get(w.URL())
		if err == nil {
			resp.Body.Close()
		}
		return err == nil && resp.StatusCode == http.StatusOK
	})
}

// page asks for a room's page and returns the status, and what the page says of trying
// again.
func (w *site) page(ctx context.Context, room string) (status int, retry string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.URL()+"chat/"+room+"/", nil)
	if err != nil {
		return 0, "", err
	}
	req.AddCookie(w.cookie)
	resp, err := w.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header.Get("Retry-After"), err
}

// viewing is viewers who ask for pages all the time, and which answer came how often.
type viewing struct {
	mu      sync.Mutex
	answers map[string]int
	end     func()
}

// viewers starts n of them.
func (w *site) viewers(n int, room string) *viewing {
	ctx, cancel := context.WithCancel(w.t.Context())
	v := &viewing{answers: make(map[string]int)}
	var running sync.WaitGroup
	v.end = func() { cancel(); running.Wait() }
	for range n {
		running.Go(func() {
			for ctx.Err() == nil {
				status, retry, err := w.page(ctx, room)
				if ctx.Err() != nil {
					return
				}
				answer := strconv.Itoa(status)
				if retry != "" {
					answer += " and retry"
				}
				if err != nil {
					answer = err.Error()
				}
				v.mu.Lock()
				v.answers[answer]++
				v.mu.Unlock()
			}
		})
	}
	w.t.Cleanup(v.end)
	return v
}

func (v *viewing) count(answer string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.answers[answer]
}

// stop returns how often each answer came.
func (v *viewing) stop() map[string]int {
	v.end()
	return v.answers
}

// goroutines is how many a process has.
func (w *site) goroutines(process string) int {
	w.t.Helper()
	metrics, err := w.AdminGet(w.t.Context(), process, "/metrics")
	if err != nil {
		w.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(metrics, "\ngo_goroutines ")
	line, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.Atoi(line)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// redis makes a client of the stack's Redis.
func (w *site) redis() *redisconn.Client {
	w.t.Helper()
	c, err := redisconn.Open(w.RedisURL())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { c.Close() })
	return c
}

// log is a room's log as Redis has it.
func (w *site) log(c *redisconn.Client, room string) (entries []wire.Entry) {
	w.t.Helper()
	messages, err := c.Universal().XRange(w.t.Context(), "chatter:room:{"+room+"}:log", "-", "+").Result()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range messages {
		id, err := wire.ParseID(m.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		entries = append(entries, wire.Entry{ID: id, Text: m.Values["m"].(string)})
	}
	return entries
}
