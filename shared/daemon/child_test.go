package daemon_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"chatter/shared/redistest"
)

// hangLimit is after how long a test says that something hangs.
const hangLimit = 2 * time.Minute

// drainLimit bounds the drains that no test cuts short.
const drainLimit = time.Hour

// child is the program, run as a process.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process has ended
	status int           // valid then

	mu    sync.Mutex
	lines []string      // of its log
	more  chan struct{} // closed and replaced at each line
	read  int           // lines that await has passed
}

// newProgram installs the first release and returns its path.
func newProgram(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "program")
	install(t, path, markFirst)
	return path
}

// start runs the program, whose drains take as long as the test needs unless args say
// otherwise. stdin may be a socket, or nil.
func start(t *testing.T, path string, stdin *os.File, args ...string) *child {
	t.Helper()
	cmd := exec.Command(path, append([]string{"--drain-timeout", drainLimit.String()}, args...)...)
	// None is left behind when the test process is killed.
	redistest.EndWithParent(cmd)
	cmd.Env = append(os.Environ(), programVariable+"=1", "CHATTER_SECRET_FILE=unused")
	if stdin != nil {
		cmd.Stdin = stdin
	}
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	c := &child{t: t, cmd: cmd, exited: make(chan struct{}), more: make(chan struct{})}
	go c.readLog(out)
	t.Cleanup(func() {
		select {
		case <-c.exited:
		default:
			cmd.Process.Kill()
			<-c.exited
		}
		if t.Failed() {
			t.Logf("log of process %d:\n%s", cmd.Process.Pid, c.log())
		}
	})
	return c
}

func (c *child) readLog(out *os.File) {
	defer out.Close()
	for s := bufio.NewScanner(out); s.Scan(); {
		c.mu.Lock()
		c.lines = append(c.lines, s.Text())
		close(c.more)
		c.more = make(chan struct{})
		c.mu.Unlock()
	}
	c.cmd.Wait()
	c.status = c.cmd.ProcessState.ExitCode()
	close(c.exited)
}

func (c *child) log() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.lines, "\n")
}

// await returns the next line of the log that holds the text, and passes it.
func (c *child) await(text string) string {
	c.t.Helper()
	timeout := time.After(hangLimit)
	for ended := false; ; {
		c.mu.Lock()
		for c.read < len(c.lines) {
			line := c.lines[c.read]
			c.read++
			if strings.Contains(line, text) {
				c.mu.Unlock()
				return line
			}
		}
		more := c.more
		c.mu.Unlock()
		if ended {
			c.t.Fatalf("the process ended (%v) and never wrote %q", c.cmd.ProcessState, text)
		}
		select {
		case <-more:
		case <-c.exited:
			ended = true // nothing follows what the log holds now
		case <-timeout:
			c.t.Fatalf("the process has not written %q in %v", text, hangLimit)
		}
	}
}

// address waits until the process serves the public and returns where.
func (c *child) address() string {
	c.t.Helper()
	var line struct{ Listen string }
	if err := json.Unmarshal([]byte(c.await(`"to":"public"`)), &line); err != nil {
		c.t.Fatal(err)
	}
	return line.Listen
}

func (c *child) signal(sig syscall.Signal) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(sig); err != nil {
		c.t.Fatal(err)
	}
}

func (c *child) wantExit(status int) {
	c.t.Helper()
	select {
	case <-c.exited:
		if c.status != status {
			c.t.Fatalf("the process ended with status %d, want %d", c.status, status)
		}
	case <-time.After(hangLimit):
		c.t.Fatalf("the process has not ended in %v, want that it ends with status %d", hangLimit, status)
	}
}

// client returns a client that finds every host at the address.
func client(t *testing.T, address string) *http.Client {
	tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dial(ctx, address)
	}}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: hangLimit}
}

func dial(ctx context.Context, address string) (net.Conn, error) {
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

// fetch returns who answers: the process id and the mark.
func fetch(c *http.Client, method string) (pid int, mark string, err error) {
	req, err := http.NewRequest(method, "http://program/", strings.NewReader("x"))
	if err != nil {
		return 0, "", err
	}
	resp, err := c.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, "", err
	}
	number, mark, _ := strings.Cut(string(body), " ")
	if _, err := fmt.Sscan(number, &pid); err != nil || resp.StatusCode != http.StatusOK {
		return 0, "", fmt.Errorf("status %d: %q", resp.StatusCode, body)
	}
	return pid, mark, nil
}

// slow is a request that is under way until finish.
type slow struct {
	t      *testing.T
	client *http.Client
	body   *io.PipeWriter
	resp   *http.Response
	pid    int
}

// beginSlow returns when the handler has the request.
func beginSlow(t *testing.T, address string) *slow {
	t.Helper()
	r, w := io.Pipe()
	c := client(t, address)
	c.Timeout = 0 // the test decides how long the request takes
	resp, err := c.Post("http://program/slow", "text/plain", r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.Close()
		resp.Body.Close()
	})
	s := &slow{t: t, client: c, body: w, resp: resp}
	if _, err := fmt.Fscan(resp.Body, &s.pid); err != nil {
		t.Fatal(err)
	}
	return s
}

// finish lets the handler go on and returns the rest of its answer.
func (s *slow) finish() (string, error) {
	s.body.Close()
	rest, err := io.ReadAll(s.resp.Body)
	s.client.CloseIdleConnections() // a drain waits for them
	return strings.TrimSpace(string(rest)), err
}
