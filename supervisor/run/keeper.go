package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"os/exec"
	"syscall"
	"time"

	"chatter/supervisor/run/child"
)

// A process that ends is started again after backoffLeast, then ever later up to
// backoffMost; one that ran for steady begins at backoffLeast again.
const (
	backoffLeast = 100 * time.Millisecond
	backoffMost  = 5 * time.Second
	steady       = 10 * time.Second
)

// keeper keeps one process running.
type keeper struct {
	Name     string
	Logger   *slog.Logger
	Output   io.Writer        // of the process
	Command  func() *exec.Cmd // a new command for every start
	Patience time.Duration    // from SIGTERM to SIGKILL
}

// run starts the process, and again whenever it ends, until ctx ends. It returns when
// the process has ended: by itself after SIGTERM, or killed after a while.
func (k *keeper) run(ctx context.Context) {
	var wait time.Duration
	for {
		begun := time.Now()
		err := k.once(ctx)
		if ctx.Err() != nil {
			return
		}
		wait = backoff(wait, time.Since(begun))
		k.Logger.Warn("service ended; starting it again", "service", k.Name, "how", cmp.Or(err, errors.New("exit status 0")), "in", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// backoff returns how long to wait after a process has run for ran, when the wait before
// it was last (zero: none).
func backoff(last, ran time.Duration) time.Duration {
	if last == 0 || ran >= steady {
		return backoffLeast
	}
	return min(2*last, backoffMost)
}

// once runs the process until it ends or has been stopped because ctx ended.
func (k *keeper) once(ctx context.Context) error {
	cmd := k.Command()
	cmd.Stdout, cmd.Stderr = k.Output, k.Output
	// The output may be held open by a child of the process.
	cmd.WaitDelay = time.Second
	// In a group of its own, so that Ctrl-C reaches it once, through this process: a
	// second signal would cut its drain short.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	ended, err := child.Start(cmd, syscall.SIGKILL)
	if err != nil {
		return err
	}
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-ended:
		return err
	case <-time.After(k.Patience):
		k.Logger.Warn("service does not stop; killing it", "service", k.Name)
		cmd.Process.Kill()
		return <-ended
	}
}
