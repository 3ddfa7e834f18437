package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"chatter/shared/hardentest"
	"chatter/shared/redistest"
)

// The test binary is also the wsd that some tests start as a process of its
// own: under this variable it runs main instead of the tests.
const mainVariable = "WSD_TEST_MAIN"

func TestMain(m *testing.M) {
	hardentest.Inside(run)
	if os.Getenv(mainVariable) != "" {
		main()
		return
	}
	// The tests mostly wait, for more than there are cores.
	flag.Parse()
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// startProcess is start with a process, whose goroutines can be counted.
func startProcess(t *testing.T, redisURL string, args ...string) *service {
	t.Helper()
	dir, err := os.MkdirTemp("", "wsd") // short enough for a socket's address
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	log := new(redistest.Output)
	cmd := exec.Command(os.Args[0], append([]string{
		"--listen", "unix:" + filepath.Join(dir, "public"), "--admin", "unix:" + filepath.Join(dir, "admin"),
		"--redis", redisURL, "--secret-file", filepath.Join(dir, "secret"), "--allow-root",
		// A test answers pings only while it reads.
		"--ping-interval", "1h", "--ping-timeout", "1h",
	}, args...)...)
	cmd.Env = append(os.Environ(), mainVariable+"=1")
	cmd.Stdout, cmd.Stderr = log, log
	redistest.EndWithParent(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &service{dir: dir, done: make(chan error, 1)}
	s.stop = sync.OnceFunc(func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	s.reload = func() { _ = cmd.Process.Signal(syscall.SIGHUP) }
	t.Cleanup(func() {
		s.stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("wsd: %v", err)
		}
		if t.Failed() {
			t.Logf("the last lines of wsd:\n%s", log.Tail())
		}
		os.RemoveAll(dir)
	})
	return s
}

// awaitGoroutines waits until the process has at most so many.
func (s *service) awaitGoroutines(t *testing.T, most int) {
	t.Helper()
	await(t, fmt.Sprintf("wsd has at most %d goroutines", most), func() (bool, any) {
		n := s.goroutines(t)
		return n <= most, n
	})
}

// goroutines is how many the process has.
func (s *service) goroutines(t *testing.T) int {
	t.Helper()
	resp, err := s.client("admin").Get("http://admin/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(body), "\ngo_goroutines ")
	line, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
