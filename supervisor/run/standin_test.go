package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"chatter/supervisor/test/fixture"

	"github.com/coder/websocket"
)

// Called by the name of a service, the test binary is one.
func TestMain(m *testing.M) {
	if name := filepath.Base(os.Args[0]); name == "httpd" || name == "wsd" {
		serveAs(name)
		return
	}
	os.Exit(fixture.Main(m))
}

// bin is a directory with stand-ins for the services.
func bin(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"httpd", "wsd"} {
		if err := os.Symlink(self, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// serveAs listens as it is told to, tells about itself, and ends on SIGTERM.
func serveAs(name string) {
	stop := make(chan os.Signal, 2)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	fmt.Fprintln(os.Stderr, "presence every", os.Getenv("CHATTER_PRESENCE_EVERY"))
	path := strings.TrimPrefix(os.Args[2], "unix:")
	os.Remove(path)
	l, err := net.Listen("unix", path)
	if err != nil {
		panic(err)
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			echo(w, r)
			return
		}
		private := true
		for _, file := range []string{os.Getenv("CHATTER_SECRET_FILE"), filepath.Dir(os.Getenv("CHATTER_SECRET_FILE"))} {
			info, err := os.Stat(file)
			private = private && err == nil && info.Mode().Perm()&0o077 == 0
		}
		fmt.Fprintln(w, name, os.Getpid(), os.Getenv("CHATTER_REDIS")+",embedded="+os.Getenv("CHATTER_REDIS_EMBEDDED"), private)
	}))
	fmt.Fprintln(os.Stderr, "got", <-stop)
}

func echo(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	kind, text, err := conn.Read(r.Context())
	if err == nil {
		conn.Write(r.Context(), kind, text)
	}
	conn.Close(websocket.StatusNormalClosure, "")
}

// screen holds the output of a run.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
