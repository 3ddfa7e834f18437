// Package browser tests the whole with a real Chromium: what guests do and see, through
// the real nginx, Redis and supervisor.
//
// It knows the pages by what a guest, or someone who reads the page aloud, finds in them,
// and the services by nothing but the stack's handles.
package browser_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"chatter/supervisor/stack"

	"github.com/chromedp/chromedp"
)

// patience is for one thing to become so, on a machine that has much else to do.
const patience = 45 * time.Second

// whole is the one stack and the one Chromium that all tests share: each takes seconds
// to start. Every guest has a profile of their own in that Chromium.
type whole struct {
	*stack.Stack
	dir      string
	chromium context.Context
	close    context.CancelFunc
}

func (w *whole) stop() error {
	if w.close != nil {
		w.close()
	}
	err := stack.StopIn(context.Background(), w.dir)
	return errors.Join(err, os.RemoveAll(w.dir))
}

var started struct {
	sync.Once
	whole *whole
	err   error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if w := started.whole; w != nil {
		if err := w.stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// site returns the whole, started by whichever test comes first. Without the programs
// for it the test is skipped, unless this machine is a CI.
func site(t *testing.T) *whole {
	t.Helper()
	chromium := need(t)
	started.Do(func() { started.whole, started.err = start(chromium) })
	if started.err != nil {
		t.Fatal(started.err)
	}
	return started.whole
}

func need(t *testing.T) (chromium string) {
	t.Helper()
	chromium, err := find("chromium", "chromium-browser", "google-chrome")
	for _, name := range []string{"supervisord", "supervisorctl", "nginx", "redis-server"} {
		if _, missing := find(name, "/usr/local/sbin/"+name, "/usr/sbin/"+name); missing != nil {
			err = missing
		}
	}
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip(err)
	}
	return chromium
}

func find(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed", names[0])
}

func start(chromium string) (*whole, error) {
	dir, err := os.MkdirTemp("", "chatter")
	if err != nil {
		return nil, err
	}
	w := &whole{dir: dir}
	ctx := context.Background()
	if w.Stack, err = stack.Start(ctx, stack.Options{Dir: filepath.Join(dir, "stack")}); err == nil {
		err = w.startChromium(ctx, chromium)
	}
	if err != nil {
		return nil, errors.Join(err, w.stop())
	}
	return w, nil
}

// startChromium starts it with an empty profile. chromedp sees to it that it dies with
// this process.
func (w *whole) startChromium(ctx context.Context, path string) error {
	options := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(chromedp.DefaultExecAllocatorOptions)],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(filepath.Join(w.dir, "profile")),
		// All it is shown comes from this machine; the sandbox wants rights that a
		// container often withholds.
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		// Times of day and numbers as every machine shows them.
		chromedp.Flag("lang", "en-US"),
	)
	allocator, free := chromedp.NewExecAllocator(ctx, options...)
	chromium, closeChromium := chromedp.NewContext(allocator)
	w.chromium, w.close = chromium, func() {
		polite, cancel := context.WithTimeout(chromium, 10*time.Second)
		defer cancel()
		chromedp.Cancel(polite) // Whatever it answers, it is gone after the next line.
		closeChromium()
		free()
	}
	if err := chromedp.Do(chromium); err != nil {
		return fmt.Errorf("start Chromium: %w", err)
	}
	return nil
}
