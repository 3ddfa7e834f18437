package daemon_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chatter/shared/daemon"
)

// running is a Service that runs inside the test.
type running struct {
	public, admin *http.Client
	log           *lines
	stop          context.CancelFunc
	done          chan error
}

// run fills in what the test leaves open, and returns when the service answers.
func run(t *testing.T, s daemon.Service) *running {
	t.Helper()
	dir := t.TempDir()
	s.Listen, s.Admin = "unix:"+filepath.Join(dir, "public"), "unix:"+filepath.Join(dir, "admin")
	r := &running{
		public: client(t, s.Listen), admin: client(t, s.Admin),
		log: &lines{added: make(chan struct{}, 1000)}, done: make(chan error, 1),
	}
	s.Logger = slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if s.Handler == nil {
		s.Handler = http.NotFoundHandler()
	}
	if s.DrainTimeout == 0 {
		s.DrainTimeout = drainLimit
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	go func() { r.done <- s.Run(ctx) }()
	t.Cleanup(func() { r.end(t) })
	r.log.await(t, "to=admin")
	return r
}

func (r *running) end(t *testing.T) {
	t.Helper()
	r.public.CloseIdleConnections() // a drain waits for them
	r.stop()
	select {
	case err := <-r.done:
		if err != nil {
			t.Errorf("Run: %v", err)
		}
		r.done <- nil // for the next call
	case <-time.After(hangLimit):
		t.Errorf("Run has not returned in %v; log:\n%s", hangLimit, r.log)
	}
}

// lines is a log that can be waited for.
type lines struct {
	mu    sync.Mutex
	text  strings.Builder
	added chan struct{}
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	l.text.Write(p)
	l.mu.Unlock()
	l.added <- struct{}{}
	return len(p), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) await(t *testing.T, text string) {
	t.Helper()
	timeout := time.After(hangLimit)
	for !strings.Contains(l.String(), text) {
		select {
		case <-l.added:
		case <-timeout:
			t.Fatalf("no line with %q in the log in %v:\n%s", text, hangLimit, l)
		}
	}
}

func get(t *testing.T, c *http.Client, path string) (status int, body string) {
	t.Helper()
	resp, err := c.Get("http://service" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(b))
}

func TestAdmin(t *testing.T) {
	var reason error
	r := run(t, daemon.Service{
		Ready:    func(context.Context) error { return reason },
		Settings: map[string]string{"retention": "24h"},
		Metrics:  http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "metric 1") }),
	})
	want := func(path string, status int, body string) {
		t.Helper()
		if s, b := get(t, r.admin, path); s != status || (body != "" && b != body) {
			t.Errorf("%s: %d %q, want %d %q", path, s, b, status, body)
		}
	}
	want("/healthz", 200, "ok")
	want("/readyz", 200, "ready")
	want("/metrics", 200, "metric 1")
	want("/settings", 200, `{"retention":"24h"}`)
	want("/debug/pprof/", 200, "")
	want("/debug/pprof/goroutine?debug=1", 200, "")
	want("/debug/pprof/cmdline", 200, "")
	want("/", 404, "")
	reason = errors.New("redis is away")
	want("/readyz", 503, "redis is away")
	want("/healthz", 200, "ok")
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/settings", "/debug/pprof/"} {
		if status, _ := get(t, r.public, path); status != 404 {
			t.Errorf("%s on the public listener: %d, want 404", path, status)
		}
	}
}

func TestRun_ReadTimeoutCutsASlowClientOff(t *testing.T) {
	failed := make(chan error, 1)
	r := run(t, daemon.Service{
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(r.Body)
			failed <- err
		}),
		ReadTimeout: 50 * time.Millisecond,
	})
	body, rest := io.Pipe()
	defer rest.Close()
	go func() {
		if resp, err := r.public.Post("http://service/", "text/plain", body); err == nil {
			resp.Body.Close()
		}
	}()
	select {
	case err := <-failed:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the handler reads %v, want that the time is over", err)
		}
	case <-time.After(hangLimit):
		t.Error("the handler waits for the body")
	}
}

func TestRun_DrainEndsWhatShutdownDoesNotKnow(t *testing.T) {
	hijacked := make(chan net.Conn, 1)
	r := run(t, daemon.Service{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			hijacked <- c
		}),
		Drain: func(ctx context.Context) {
			if _, ok := ctx.Deadline(); !ok || ctx.Err() != nil {
				t.Error("Drain got a context without time")
			}
			select {
			case c := <-hijacked:
				io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nfarewell")
				c.Close()
			default: // the second time
			}
		},
	})
	body := make(chan string, 1)
	go func() {
		resp, err := r.public.Get("http://service/")
		if err != nil {
			body <- err.Error()
			return
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		body <- string(b)
	}()
	c := <-hijacked
	hijacked <- c
	r.end(t)
	if got := <-body; got != "farewell" {
		t.Errorf("the hijacked connection got %q, want %q", got, "farewell")
	}
}

// A request that is still running when Drain is called may hijack its connection later.
func TestRun_DrainEndsWhatIsHijackedMeanwhile(t *testing.T) {
	arrived, called := make(chan struct{}), make(chan struct{})
	var hijacked, ended atomic.Int32
	r := run(t, daemon.Service{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(arrived)
			<-called
			hijacked.Add(1) // before Shutdown forgets the connection
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			c.Close()
		}),
		Drain: func(ctx context.Context) {
			ended.Store(hijacked.Load())
			select {
			case <-called:
			default:
				close(called)
			}
		},
	})
	go func() {
		if resp, err := r.public.Get("http://service/"); err == nil {
			resp.Body.Close()
		}
	}()
	<-arrived
	r.end(t)
	if hijacked.Load() != 1 || ended.Load() != 1 {
		t.Errorf("%d connections were hijacked, %d of them before the last Drain", hijacked.Load(), ended.Load())
	}
}

func TestRun_DrainThatNeverReturnsIsAbandoned(t *testing.T) {
	never := make(chan struct{})
	defer close(never)
	r := run(t, daemon.Service{
		Drain:        func(context.Context) { <-never },
		DrainTimeout: time.Millisecond,
	})
	r.end(t)
	r.log.await(t, "drain abandoned")
}

func TestRun_PanicIsOneLineWithoutWhatTheGuestWrote(t *testing.T) {
	r := run(t, daemon.Service{
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			switch text := r.URL.Query().Get("text"); text {
			case "abort":
				panic(http.ErrAbortHandler)
			case "index":
				_ = text[len(text)+len(r.URL.Path):][0]
			default:
				panic("cannot handle " + text)
			}
		}),
	})
	for _, text := range []string{"abort", "secret", "index"} {
		if resp, err := r.public.Get("http://service/?text=" + text); err == nil {
			resp.Body.Close()
			t.Errorf("%s: status %d, want a broken connection", text, resp.StatusCode)
		}
	}
	r.log.await(t, "out of range")
	log := r.log.String()
	if n := strings.Count(log, "panic in a handler"); n != 2 {
		t.Errorf("%d lines of panics, want 2", n)
	}
	if strings.Contains(log, "secret") || !strings.Contains(log, "a string, not shown") {
		t.Errorf("the log shows what was panicked with:\n%s", log)
	}
	if !strings.Contains(log, "run_test.go") {
		t.Error("the log lacks the stack")
	}
}

func TestRun_AddressInUse(t *testing.T) {
	spec := "unix:" + filepath.Join(t.TempDir(), "s")
	mustListen(t, spec)
	s := daemon.Service{Handler: http.NotFoundHandler(), Listen: "127.0.0.1:0", Admin: spec, Logger: slog.New(slog.DiscardHandler)}
	if err := s.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "listen for the admin: ") || !strings.Contains(err.Error(), "in use") {
		t.Errorf("error %v, want one that names the admin listener", err)
	}
}
