// Package faults_test does one harm after the other to the whole stack, each under load,
// and holds it to what a guest is promised meanwhile: an answer that is true, in time.
// Chaos, beside it, does them all at random and holds it to what is promised in the end.
package faults_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"
	"chatter/supervisor/guest"
	"chatter/supervisor/services"
	"chatter/supervisor/stack"
)

// patience is how long anything may take on a busy machine.
const patience = 60 * time.Second

// bin is where the services of all stacks are copied from; they are built when first
// needed.
var bin string

var build = sync.OnceValue(func() error { return services.Build(context.Background(), bin) })

func TestMain(m *testing.M) {
	var err error
	if bin, err = os.MkdirTemp("", "chatter-bin"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(bin)
	os.Exit(code)
}

// site is a stack of one test's own, with a guest's cookie.
type site struct {
	*stack.Stack
	t      *testing.T
	client *http.Client
	cookie *http.Cookie
}

// start starts a stack whose binaries are in binaries, with further settings in env.
func start(t *testing.T, binaries string, env ...string) *site {
	t.Helper()
	// Not TempDir, whose path may be too long for sockets.
	dir, err := os.MkdirTemp("", "chatter")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			showLogs(t, dir)
		}
		// The test's own context has ended by now.
		if err := stack.StopIn(context.Background(), dir); err != nil {
			t.Error(err)
		}
		os.RemoveAll(dir)
	})
	s, err := stack.Start(t.Context(), stack.Options{
		Dir: dir, Bin: binaries, Env: append(env, "CHATTER_SAY_RATE=0"), SocketsPerAddress: 1000, HandshakesPerSecond: 1000,
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &site{Stack: s, t: t, client: &http.Client{Timeout: patience}}
	if w.cookie, err = guest.SignIn(t.Context(), w.client, s.URL(), "Ann"); err != nil {
		t.Fatal(err)
	}
	return w
}

// showLogs prints how the logs of a failed test's services end.
func showLogs(t *testing.T, dir string) {
	paths, _ := filepath.Glob(filepath.Join(dir, "logs", "*.log"))
	for _, path := range paths {
		if text, err := os.ReadFile(path); err == nil {
			t.Logf("%s ends with\n%s", filepath.Base(path), text[max(0, len(text)-2000):])
		}
	}
}

// built builds the services, or skips the test on a machine without the programs that it
// needs, unless that machine is a CI.
func built(t *testing.T) {
	t.Helper()
	for _, name := range []string{"supervisord", "nginx", "redis-server"} {
		found := slices.ContainsFunc([]string{"", "/usr/local/sbin", "/usr/sbin"}, func(dir string) bool {
			_, err := exec.LookPath(filepath.Join(dir, name))
			return err == nil
		})
		switch {
		case !found && os.Getenv("CI") == "true":
			t.Fatalf("%s is not installed", name)
		case !found:
			t.Skipf("%s is not installed", name)
		}
	}
	if err := build(); err != nil {
		t.Fatal(err)
	}
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

// viewers ask for pages all the time, until stop is called, which returns how often each
// answer came.
func (w *site) viewers(n int, room string) (stop func() map[string]int) {
	ctx, cancel := context.WithCancel(w.t.Context())
	answers := make(map[string]int)
	var mu sync.Mutex
	var viewing sync.WaitGroup
	for range n {
		viewing.Go(func() {
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
				mu.Lock()
				answers[answer]++
				mu.Unlock()
			}
		})
	}
	w.t.Cleanup(cancel)
	return func() map[string]int {
		cancel()
		viewing.Wait()
		return answers
	}
}

// goroutines is how many a process has.
func (w *site) goroutines(process string) int {
	w.t.Helper()
	client := http.Client{Timeout: patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", w.Admin(process))
		},
	}}
	resp, err := client.Get("http://admin/metrics")
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(body), "\ngo_goroutines ")
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

// person is a guest and what it has seen since it came or was told of a gap.
type person struct {
	*guest.Guest
	mu      sync.Mutex
	entries []wire.Entry
	gaps    int
	cuts    int     // sockets that ended
	refused []error // handshakes
	codes   map[wire.Code]int
}

// join has a guest in a room until the test ends.
func (w *site) join(room string) *person {
	w.t.Helper()
	r, err := name.ParseRoom(room)
	if err != nil {
		w.t.Fatal(err)
	}
	p := &person{codes: make(map[wire.Code]int)}
	p.Guest, err = guest.New(guest.Options{URL: w.URL(), Room: r, Cookie: w.cookie, Hooks: guest.Hooks{
		Delivered: func(m guest.Message) {
			p.note(func() { p.entries = append(p.entries, wire.Entry{ID: m.ID, Text: m.Text}) })
		},
		Gap:     func() { p.note(func() { p.gaps, p.entries = p.gaps+1, nil }) },
		Refused: func(_ guest.Entry, code wire.Code) { p.note(func() { p.codes[code]++ }) },
		Ended: func(err error) {
			p.note(func() { p.cuts++ })
			var refused *guest.HandshakeError
			if errors.As(err, &refused) {
				p.note(func() { p.refused = append(p.refused, err) })
			}
		},
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.Run(ctx); err != nil {
			w.t.Errorf("a guest gave up: %v", err)
		}
	})
	w.t.Cleanup(func() { cancel(); running.Wait() })
	w.within("a guest is live", func() bool { return p.State() == guest.Live })
	return p
}

func (p *person) note(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func (p *person) ended() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

// sees reports whether what it has seen is the log.
func (p *person) sees(log []wire.Entry) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Equal(p.entries, log)
}

func (p *person) has(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.entries, func(e wire.Entry) bool { return e.Text == text })
}

// within waits until cond holds.
func (w *site) within(what string, cond func() bool) {
	w.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-limit.C:
			w.t.Fatalf("still not so: %s", what)
		}
	}
}

// talk has what p says go through to all.
func (w *site) talk(p *person, text string, all ...*person) {
	w.t.Helper()
	p.Say(text)
	for i, other := range all {
		w.within(fmt.Sprintf("guest %d has %q", i, text), func() bool { return other.has(text) })
	}
	w.within("it is acked", func() bool { return p.Unsent() == 0 })
}
