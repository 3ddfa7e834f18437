package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"syscall"
	"time"

	"chatter/supervisor/run/child"
)

// A process that ends is started again after backoffLeast. The delay doubles up to backoffMost;
// after a run of steady it is backoffLeast again.
const (
	backoffLeast = 100 * time.Millisecond
	backoffMost  = 5 * time.Second
	steady       = 10 * time.Second
)

// keeper keeps one process running.
type keeper struct {
	Name     string
	Logger   *slog.Logger
	Output   io.Writer                       // of the process
	Command  func(context.Context) *exec.Cmd // a new command for every start
	Patience time.Duration                   // from SIGTERM to SIGKILL
}

// run starts the process, and starts it again when it ends, until ctx ends. Then it sends
// SIGTERM and returns when the process has ended; it kills a process that does not obey.
func (k *keeper) run(ctx context.Context) {
	var wait time.Duration
	for {
		begun := time.Now()
		err := k.once(ctx)
		if ctx.Err() != nil {
			if exit, failed := errors.AsType[*exec.ExitError](err); failed {
				k.Logger.Warn("service did not stop in good order", "service", k.Name, "how", exit)
			}
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

// backoff returns the delay after a run that took ran. last is the delay before that run, or
// zero.
func backoff(last, ran time.Duration) time.Duration {
	if last == 0 || ran >= steady {
		return backoffLeast
	}
	return min(2*last, backoffMost)
}

// once runs the process until it ends.
func (k *keeper) once(ctx context.Context) error {
	cmd := k.Command(ctx)
	cmd.Stdout, cmd.Stderr = k.Output, k.Output
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = k.Patience
	// Ctrl-C must reach a process group of its own once, through this process: a second signal
	// would cut the drain short.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	ended, err := child.Start(cmd, syscall.SIGKILL)
	if err != nil {
		return err
	}
	return <-ended
}

// longestLine bounds the memory for a line that does not end.
const longestLine = 64 << 10

// lines writes whole lines to a writer that several services share, each with the name of the
// service before it.
type lines struct {
	w    io.Writer
	name string
	rest []byte // of a line that has not ended
}

// Write never fails: a service must not end because its log cannot be shown.
func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, ended := bytes.Cut(l.rest, []byte("\n"))
		if !ended && len(line) < longestLine {
			return len(p), nil
		}
		fmt.Fprintf(l.w, "%s\t%s\n", l.name, line) // one write, so that lines are not mixed
		l.rest = rest
	}
}
