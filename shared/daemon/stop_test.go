package daemon_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestStop_FinishesRunningRequestsAndRefusesNewOnes(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			admin := "unix:" + filepath.Join(t.TempDir(), "admin")
			c := start(t, newProgram(t), nil, "--admin", admin)
			address := c.address()
			request := beginSlow(t, address)
			c.signal(sig)
			c.await("drain called")
			if conn, err := dial(context.Background(), address); !errors.Is(err, syscall.ECONNREFUSED) {
				if err == nil {
					conn.Close()
				}
				t.Errorf("a new connection: %v, want it refused", err)
			}
			resp, err := client(t, admin).Get("http://admin/readyz")
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != 503 {
				t.Errorf("/readyz during the drain: %d, want 503", resp.StatusCode)
			}
			if rest, err := request.finish(); rest != markFirst || err != nil {
				t.Errorf("the running request got %q, %v; want %q", rest, err, markFirst)
			}
			c.wantExit(0)
		})
	}
}

func TestStop_IsBounded(t *testing.T) {
	t.Parallel()
	c := start(t, newProgram(t), nil, "--drain-timeout", "300ms")
	request := beginSlow(t, c.address())
	c.signal(syscall.SIGTERM)
	c.wantExit(0)
	if rest, err := request.finish(); err == nil {
		t.Errorf("the endless request was answered %q, want it cut off", rest)
	}
	if !strings.Contains(c.log(), "drain cut short") {
		t.Error("the log does not say that the drain was cut short")
	}
}

func TestStop_SecondSignalExitsAtOnce(t *testing.T) {
	t.Parallel()
	c := start(t, newProgram(t), nil)
	beginSlow(t, c.address())
	c.signal(syscall.SIGTERM)
	c.await("drain called")
	c.signal(syscall.SIGHUP) // not a second one
	c.signal(syscall.SIGINT)
	c.wantExit(1)
}
