package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"chatter/shared/daemon"
	"chatter/shared/parts"
)

// The test binary is also the service that the tests start as a process: under
// this variable it runs program instead of the tests. A copy of it with a mark
// appended is a new release; the mark is its version and may tell it to
// misbehave.
const programVariable = "DAEMON_TEST_PROGRAM"

const markLength = 16

const (
	markFirst   = "#version first.#"
	markSecond  = "#version second#"
	markRefuses = "#refuses checks#" // its check fails
)

func TestMain(m *testing.M) {
	if os.Getenv(programVariable) == "" {
		os.Exit(m.Run())
	}
	if err := program(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func program() error {
	var c parts.Config
	if err := c.Parse(c.Flags("program", "127.0.0.1:0"), os.Args[1:], os.Getenv); err != nil {
		return err
	}
	mark, err := readMark("/proc/self/exe")
	if err != nil {
		return err
	}
	if c.Check {
		if mark == markRefuses {
			return errors.New("this release refuses")
		}
		return nil
	}
	c.LogFormat = "json"
	logger := c.NewLogger(os.Stderr)
	if _, err := c.Restrict(logger); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "%d %s", os.Getpid(), mark)
	})
	// /slow answers once its request's body has ended.
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).EnableFullDuplex()
		fmt.Fprintf(w, "%d ", os.Getpid())
		http.NewResponseController(w).Flush()
		io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, mark)
	})
	s := daemon.Service{
		Logger: logger, Listen: c.Listen, Admin: c.Admin,
		Handler: mux, DrainTimeout: c.DrainTimeout,
		Drain: func(context.Context) { logger.Info("drain called") },
	}
	s.States = map[string]daemon.State{"images": &images{logger: logger}, "broken": broken{}}
	return s.Run(context.Background())
}

// images is a state that is larger than a pipe, and grows by a byte with each image.
type images struct {
	logger *slog.Logger
	state  []byte
}

const imagesBytes = 1 << 20

func (s *images) Save() ([]byte, error) {
	if s.state == nil {
		s.state = []byte(strings.Repeat("-", imagesBytes))
	}
	return append(s.state, '+'), nil
}

func (s *images) Restore(b []byte) error {
	s.logger.Info("restored", "images", len(b)-imagesBytes)
	s.state = b
	return nil
}

// broken is a state that cannot be saved, and must not take the others with it.
type broken struct{}

func (broken) Save() ([]byte, error)  { return nil, errors.New("this state cannot be saved") }
func (broken) Restore(b []byte) error { return fmt.Errorf("%q was not saved", b) }

func readMark(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	mark := make([]byte, markLength)
	if _, err := f.ReadAt(mark, info.Size()-markLength); err != nil {
		return "", err
	}
	return string(mark), nil
}

// install puts a release at the path, in one step, as a package manager does.
func install(t *testing.T, path, mark string) {
	t.Helper()
	if len(mark) != markLength || !strings.HasPrefix(mark, "#") {
		t.Fatalf("mark %q", mark)
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	installFile(t, path, append(content, mark...))
}

func installFile(t *testing.T, path string, content []byte) {
	t.Helper()
	// A child that another test forks just now would hold the file open for
	// writing until its exec, and a file that is so held cannot be run.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path+".new", content, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}
