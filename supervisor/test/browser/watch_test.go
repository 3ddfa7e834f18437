package browser_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// watch notes everything a tab's console says, which should be nothing: errors and
// warnings, exceptions, what a policy forbade, dialogs.
type watch struct {
	mu      sync.Mutex
	noted   []string
	fine    []*regexp.Regexp
	sockets int  // opened, since the tab was
	asked   int  // how often a page asked before it went
	stays   bool // the guest does not let it go then
}

// start has the browser tell what it would only tell its developer tools. The context
// is that of the tab.
func (w *watch) start(ctx context.Context) error {
	if err := chromedp.Listen(ctx, func(ev any) { w.event(ctx, ev) }); err != nil {
		return err
	}
	_, err := chromedp.Call(ctx, audits.Enable, cdp.Empty{})
	return err
}

func (w *watch) event(ctx context.Context, ev any) {
	switch ev := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		var line string
		for _, arg := range ev.Args {
			line += " " + string(arg.Value) + arg.Description
		}
		w.note(fmt.Sprintf("console.%s:%s", ev.Type, line))
	case *runtime.EventExceptionThrown:
		w.note(fmt.Sprintf("exception: %v", ev.ExceptionDetails))
	case *log.EventEntryAdded:
		// A page without a gesture since its load goes without a question, and a page that goes
		// at once closes its socket before it is open.
		if ev.Entry.Level != log.EntryLevelVerbose && !strings.HasPrefix(ev.Entry.Text, "Blocked attempt to show a 'beforeunload'") &&
			!strings.Contains(ev.Entry.Text, "WebSocket is closed before the connection is established") {
			w.note(fmt.Sprintf("%s (%s): %s %s", ev.Entry.Level, ev.Entry.Source, ev.Entry.Text, ev.Entry.URL))
		}
	case *audits.EventIssueAdded:
		switch ev.Issue.Code {
		case audits.InspectorIssueCodeGenericIssue, audits.InspectorIssueCodePerformanceIssue, "LazyLoadImageIssue":
			return // Advice: it does not know the autofill name "nickname", for example.
		}
		w.note(fmt.Sprintf("issue: %s %s", ev.Issue.Code, detail(ev.Issue)))
	case *network.EventWebSocketHandshakeResponseReceived:
		w.mu.Lock()
		defer w.mu.Unlock()
		if ev.Response.Status == 101 {
			w.sockets++
		}
	case *page.EventJavascriptDialogOpening:
		// The page stands still until it is answered.
		go chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: w.goes(ev.Type)})
		if ev.Type != page.DialogTypeBeforeunload {
			w.note(fmt.Sprintf("dialog (%s): %s", ev.Type, ev.Message))
		}
	}
}

// goes answers a dialog.
func (w *watch) goes(kind page.DialogType) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if kind == page.DialogTypeBeforeunload {
		w.asked++
		return !w.stays
	}
	return false
}

func detail(issue *audits.InspectorIssue) string {
	if d := issue.Details.ContentSecurityPolicyIssueDetails; d != nil {
		return fmt.Sprintf("%s forbids %s", d.ViolatedDirective, d.BlockedURL)
	}
	return ""
}

// opened is how many sockets the tab has had.
func (w *watch) opened() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sockets
}

func (w *watch) note(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.noted = append(w.noted, line)
}

// allow says what the browser itself will note because of what the test does. It holds
// from the test's start to its end.
func (w *watch) allow(patterns ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range patterns {
		w.fine = append(w.fine, regexp.MustCompile(p))
	}
}

func (w *watch) report(t *testing.T, who string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, line := range w.noted {
		if !slices.ContainsFunc(w.fine, func(r *regexp.Regexp) bool { return r.MatchString(line) }) {
			t.Errorf("%s's console: %s", who, line)
		}
	}
}
