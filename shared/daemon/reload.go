package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// checkTimeout bounds a check, which reads a few small files. A machine that is busy with an upgrade
// may need long for that.
const checkTimeout = time.Minute

// maxCheckOutput bounds the part of a failed check's output that is logged.
const maxCheckOutput = 1 << 10

// runningImage is the file that runs now, even if it has been deleted.
const runningImage = "/proc/self/exe"

// image is the program file of this process, under the name by which it was started. A
// new release takes that name, and a reload runs the file that has it then.
type image struct {
	path    string
	checked os.FileInfo // the file that was last checked
}

// ProgramFile finds the file's name. It must be called when the process begins: once the file
// is replaced, /proc/self/exe names a deleted file.
func ProgramFile() (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find the own binary: %w", err)
	}
	// os.Executable resolves symbolic links (current -> release-7). A reload must follow
	// them anew, so the name that was called is better.
	if called, err := exec.LookPath(os.Args[0]); err == nil {
		if called, err = filepath.Abs(called); err == nil && sameFile(called, exe) {
			return called, nil
		}
	}
	return exe, nil
}

func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// reload drains and runs the checked program file in place of this process. It returns
// nil if a signal to stop came during the drain, and an error if no image can be run.
func (p *process) reload() error {
	p.Logger.Info("draining to reload")
	p.drain()
	// From here on SIGTERM and SIGINT kill: the next image does not listen to them yet.
	signal.Stop(p.stops)
	if p.stopsSeen+len(p.stops) > 0 {
		p.Logger.Info("stopped during the reload")
		return nil
	}
	entry, err := p.handOver()
	if err != nil {
		return err
	}
	err = p.image.run(entry)
	// The file changed during the drain. The drain cannot be undone, but the image in
	// memory can begin anew.
	p.Logger.Error("reload failed, beginning anew with the old binary", "error", err)
	return errors.Join(err, execute(runningImage, entry))
}

// check runs the file with --check and this process's arguments and environment.
func (i *image) check(ctx context.Context) (err error) {
	if i.checked, err = os.Stat(i.path); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, checkTimeout, fmt.Errorf("no result after %v", checkTimeout))
	defer cancel()
	cmd := exec.CommandContext(ctx, i.path, slices.Concat(os.Args[1:], []string{"--check"})...)
	cmd.WaitDelay = 10 * time.Second // for grandchildren that keep its output open
	var output firstBytes
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		line := strings.Join(strings.Fields(string(output)), " ")
		return fmt.Errorf("check %s: %w: %q", i.path, errors.Join(context.Cause(ctx), err), line)
	}
	return nil
}

// run checks the file if it is not the one that was checked, and executes it. It returns
// only if that fails.
func (i *image) run(entry string) error {
	now, err := os.Stat(i.path)
	if err != nil || !os.SameFile(now, i.checked) || now.Size() != i.checked.Size() || !now.ModTime().Equal(i.checked.ModTime()) {
		if err := i.check(context.Background()); err != nil {
			return err
		}
	}
	return execute(i.path, entry)
}

// execute runs the file in place of this process, with the same arguments and a further
// environment entry. It returns only if that fails.
func execute(path, entry string) error {
	undo, err := holdHangups()
	if err != nil {
		return err
	}
	defer undo()
	return fmt.Errorf("run %s: %w", path, syscall.Exec(path, os.Args, append(os.Environ(), entry)))
}

// firstBytes keeps the beginning of what is written to it.
type firstBytes []byte

func (b *firstBytes) Write(p []byte) (int, error) {
	*b = append(*b, p[:min(len(p), maxCheckOutput-len(*b))]...)
	return len(p), nil
}
