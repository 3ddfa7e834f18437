// Package browser tests the whole site with a real Chromium: what guests do and see,
// through the real nginx, Redis and supervisor.
//
// It knows the pages by what a guest, or a screen reader, finds in them, and the services
// only by the handles of the stack.
package browser_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"

	"github.com/chromedp/chromedp"
)

// sideBySide is how many tests run at once without -parallel. Most of them wait most of
// the time: for a process to end, or for a timer of a page.
const sideBySide = "6"

// oftenPublished makes the lists of the index change often.
const oftenPublished = "CHATTER_PRESENCE_EVERY=2s"

// whole is a stack, and the one Chromium of all tests. Every guest has a profile of their
// own in that Chromium.
type whole struct {
	*stack.Stack
	chromium context.Context
	tabs     atomic.Int32 // opened by the test
}

// shared is what takes seconds to start: a Chromium, and a stack for all tests that
// leave its processes alone.
var shared struct {
	browserOnce, stackOnce sync.Once
	browserErr, stackErr   error

	dir      string // the profile and the stack are in it
	chromium context.Context
	close    context.CancelFunc
	stack    *stack.Stack
}

func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		if err := flag.Set("test.parallel", sideBySide); err != nil {
			panic(err)
		}
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if shared.dir, err = os.MkdirTemp("", "chatter"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := fixture.Main(m)
	if shared.close != nil {
		shared.close()
	}
	if shared.stack != nil {
		if err := shared.stack.Stop(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if err := os.RemoveAll(shared.dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// site returns the stack that tests share. A test that stops a process, changes its
// settings or counts who is there uses [ownSite].
func site(t *testing.T) *whole {
	t.Helper()
	w := &whole{chromium: chromium(t)}
	bin := fixture.Services(t)
	shared.stackOnce.Do(func() {
		shared.stack, shared.stackErr = stack.Start(context.Background(), stack.Options{Dir: sharedDir(), Bin: bin, Env: []string{unlimited, oftenPublished}})
	})
	if shared.stackErr != nil {
		t.Fatal(shared.stackErr)
	}
	t.Cleanup(func() { fixture.Explain(t, sharedDir()) })
	w.Stack = shared.stack
	return w
}

func sharedDir() string { return filepath.Join(shared.dir, "stack") }

// oneStart is locked while a stack of [ownSite] starts: the starts of several take most
// of the processors' time, and each of them takes longer then.
var oneStart sync.Mutex

// unlimited is the setting of the tests that are not about limits: their guests are new, have
// one address, and say more than such guests may.
const unlimited = "CHATTER_LIMITS=off"

// ownSite starts a stack for this test alone.
func ownSite(t *testing.T, env ...string) *whole {
	t.Helper()
	w := &whole{chromium: chromium(t)}
	oneStart.Lock()
	defer oneStart.Unlock()
	w.Stack = fixture.Start(t, stack.Options{Env: append([]string{unlimited, oftenPublished}, env...)})
	return w
}

// chromium returns the context of the Chromium. Without the programs for all of it the
// test is skipped.
func chromium(t *testing.T) context.Context {
	t.Helper()
	fixture.Need(t, fixture.Programs...)
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		fixture.Missing(t, "chromium is not installed")
	}
	shared.browserOnce.Do(func() { shared.browserErr = startChromium(path) })
	if shared.browserErr != nil {
		t.Fatal(shared.browserErr)
	}
	return shared.chromium
}

// startChromium starts it with an empty profile. It ends with this process: chromedp has
// the kernel kill it then.
func startChromium(path string) error {
	options := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(chromedp.DefaultExecAllocatorOptions)],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(filepath.Join(shared.dir, "profile")),
		// All pages come from this machine, and the sandbox needs rights that a container
		// often withholds.
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		// Times of day and numbers as every machine shows them.
		chromedp.Flag("lang", "en-US"),
	)
	allocator, free := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeChromium := chromedp.NewContext(allocator)
	shared.chromium, shared.close = ctx, func() {
		polite, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		chromedp.Cancel(polite) // The next line ends it, however it answers.
		closeChromium()
		free()
	}
	if err := chromedp.Do(ctx); err != nil {
		return fmt.Errorf("start Chromium: %w", err)
	}
	return nil
}
