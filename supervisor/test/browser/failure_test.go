package browser_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// failuresDir names the directory for the screenshots of failed tests.
const failuresDir = "CHATTER_FAILURES"

// shown is what a tab shows: its address and its text.
const shown = "`${location.pathname}\\n${document.body?.innerText}`"

// seen returns what the tab shows, for a report. It does not wait for a page that is
// suspended.
func (b *tab) seen() string {
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](shown))
	if err != nil {
		return fmt.Sprintf("the page cannot be read: %v", err)
	}
	const most = 3000
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most/2]+"\n[…]\n"+text[len(text)-most/2:], "")
	}
	return text
}

// showFailure prints what an open tab of a failed test shows, and writes a screenshot.
func (b *tab) showFailure() {
	b.Helper()
	if !b.Failed() || b.ctx.Err() != nil {
		return
	}
	b.Logf("%s's tab shows %s", b.who, b.seen())
	dir := os.Getenv(failuresDir)
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "chatter-failures")
	}
	path := filepath.Join(dir, fmt.Sprintf("%s-%d.png", strings.ReplaceAll(b.Name(), "/", "_"), b.number))
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(path, png, 0o644)
	}
	if err != nil {
		b.Logf("no screenshot of %s's tab: %v", b.who, err)
		return
	}
	b.Logf("screenshot of %s's tab: %s", b.who, path)
}
