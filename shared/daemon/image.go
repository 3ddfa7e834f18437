package daemon

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// checkTimeout bounds a check, which reads a few small files.
const checkTimeout = 10 * time.Second

// maxCheckOutput bounds what the log shows of a failed check's output.
const maxCheckOutput = 1 << 10

// runningImage is the file that runs now, even if it has been deleted.
const runningImage = "/proc/self/exe"

// image is the program file of this process, under the name by which it was
// started. A new release takes that name, so it is the name that is run again.
type image struct {
	path      string
	checkArgs []string
}

// ownImage finds the file's name. It must be called when the process begins:
// once the file is replaced, /proc/self/exe names one that is deleted. known is
// the name that the image before this one found, if there was one.
func ownImage(known string, checkArgs []string) (image, error) {
	if known != "" {
		return image{known, checkArgs}, nil
	}
	exe, err := os.Executable()
	if err != nil {
		return image{}, fmt.Errorf("find the own binary: %w", err)
	}
	// The name that was called may lead through a symbolic link (current ->
	// release-7) that is to be followed anew; os.Executable has resolved it.
	if called, err := exec.LookPath(os.Args[0]); err == nil {
		if called, err = filepath.Abs(called); err == nil && sameFile(called, exe) {
			return image{called, checkArgs}, nil
		}
	}
	return image{exe, checkArgs}, nil
}

func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// verdict is what came of a check.
type verdict struct {
	file os.FileInfo // the file that was checked
	err  error       // why it must not replace this process; nil = it may
}

// stands reports whether the file at the path is still the one that was
// checked.
func (v verdict) stands(path string) bool {
	now, err := os.Stat(path)
	return err == nil && os.SameFile(now, v.file) &&
		now.Size() == v.file.Size() && now.ModTime().Equal(v.file.ModTime())
}

// check runs the file with this process's arguments and environment and the
// check's arguments.
func (i image) check(ctx context.Context) verdict {
	file, err := os.Stat(i.path)
	if err == nil {
		err = i.tryOut(ctx)
	}
	if err != nil {
		err = fmt.Errorf("check %s: %w", i.path, err)
	}
	return verdict{file, err}
}

func (i image) tryOut(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, i.path, slices.Concat(os.Args[1:], i.checkArgs)...)
	cmd.WaitDelay = time.Second // for grandchildren that keep its output open
	var output firstBytes
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	if ctx.Err() != nil {
		err = fmt.Errorf("no verdict after %v", checkTimeout)
	}
	if err != nil {
		return fmt.Errorf("%w: %s", err, output.line())
	}
	return nil
}

// exec runs the file in place of this process, with the same arguments. It
// returns only if that fails.
func (i image) exec(given *handover) error {
	undo, err := holdHangups()
	if err != nil {
		return err
	}
	defer undo()
	variable, err := given.pass()
	if err == nil {
		err = syscall.Exec(i.path, os.Args, append(os.Environ(), variable))
	}
	return fmt.Errorf("run %s: %w", i.path, err)
}

// firstBytes keeps the beginning of what is written to it.
type firstBytes struct{ kept []byte }

func (b *firstBytes) Write(p []byte) (int, error) {
	room := maxCheckOutput - len(b.kept)
	b.kept = append(b.kept, p[:min(len(p), room)]...)
	return len(p), nil
}

// line returns what was kept as one line.
func (b *firstBytes) line() string {
	if len(b.kept) == 0 {
		return "no output"
	}
	return strings.Join(strings.Fields(string(b.kept)), " ")
}
