// Lighthouse has Google's Lighthouse look at each page of the real stack as a phone on a
// slow line does, and prints its scores.
//
//	make lighthouse
//
// Each page is looked at several times and the median counts, because a machine that has
// something else to do costs a page points. It ends with an error when a score is below
// what is wanted.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"chatter/shared/wire"
	"chatter/supervisor/guest"
	"chatter/supervisor/npm"
	"chatter/supervisor/stack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "lighthouse:", err)
		os.Exit(1)
	}
}

// least is the score that every page must have in every category, of 100.
const least = 95

var categories = []string{"performance", "accessibility", "best-practices", "seo"}

var errLow = fmt.Errorf("a score is below %d", least)

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("lighthouse", flag.ContinueOnError)
	runs := flags.Int("runs", 3, "how often each page is looked at")
	packages := flags.String("packages", "supervisor/lighthouse", "where package-lock.json is")
	if err := flags.Parse(args); err != nil {
		return err
	}
	installed, err := npm.Install(ctx, *packages)
	if err != nil {
		return err
	}
	// Not below the repository: the paths of sockets must be short.
	dir, err := os.MkdirTemp("", "chatter")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := stack.Start(ctx, stack.Options{Dir: filepath.Join(dir, "stack")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.StopIn(context.WithoutCancel(ctx), filepath.Join(dir, "stack"))) }()

	cookie, err := guest.SignIn(ctx, http.DefaultClient, s.URL(), "Lena")
	if err != nil {
		return err
	}
	const room = "chat/Garden/"
	for _, text := range []string{"Is anybody watering the tomatoes today?", "I can, around six.", "🙈", "The plan: https://example.org/plan"} {
		if err := say(ctx, s.URL()+room, cookie, text); err != nil {
			return err
		}
	}
	l := looker{dir: dir, program: filepath.Join(installed, "node_modules", "lighthouse", "cli", "index.js")}
	if l.headers, err = headersFile(dir, cookie); err != nil {
		return err
	}
	fmt.Fprintf(out, "%-10s%s\n", "", strings.Join(categories, "  "))
	low := false
	for _, p := range []struct {
		name, path string
		session    bool
	}{{"sign-in", "", false}, {"index", "index/", true}, {"room", room, true}} {
		r, err := l.look(ctx, s.URL()+p.path, p.session, *runs)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		low = r.print(out, p.name) || low
	}
	if low {
		return errLow
	}
	return nil
}

// say says something in a room with its page's form.
func say(ctx context.Context, address string, cookie *http.Cookie, text string) error {
	form := url.Values{"message": {text}, "nonce": {string(wire.NewNonce())}}.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(cookie)
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("say: status %s", resp.Status)
	}
	return nil
}

func headersFile(dir string, cookie *http.Cookie) (string, error) {
	text, err := json.Marshal(map[string]string{"Cookie": cookie.Name + "=" + cookie.Value})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "headers.json")
	return path, os.WriteFile(path, text, 0o600)
}

// chromeFlags keep Chromium from asking for anything but the page.
const chromeFlags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run " +
	"--disable-background-networking --disable-component-update --disable-sync"

// looker runs Lighthouse.
type looker struct{ dir, program, headers string }

// report is the part of Lighthouse's that is printed.
type report struct {
	Categories map[string]struct {
		Score     float64
		AuditRefs []struct {
			ID     string
			Weight float64
		}
	}
	Audits map[string]struct {
		Score        *float64
		Title        string
		DisplayValue string
	}
}

// look returns the report whose performance is the median; the other scores hardly vary.
func (l looker) look(ctx context.Context, address string, session bool, runs int) (report, error) {
	var all []report
	// On a busy machine Lighthouse now and then loses the trace of a page's beginning.
	for spare := runs; len(all) < runs; {
		r, err := l.once(ctx, address, session)
		switch {
		case err == nil:
			all = append(all, r)
		case spare == 0 || ctx.Err() != nil:
			return report{}, err
		default:
			spare--
		}
	}
	slices.SortFunc(all, func(a, b report) int {
		return int(1000 * (a.Categories["performance"].Score - b.Categories["performance"].Score))
	})
	return all[len(all)/2], nil
}

func (l looker) once(ctx context.Context, address string, session bool) (r report, err error) {
	profile, err := os.MkdirTemp(l.dir, "profile")
	if err != nil {
		return r, err
	}
	path := filepath.Join(profile, "report.json")
	args := []string{l.program, address, "--quiet", "--output=json", "--output-path=" + path,
		"--only-categories=" + strings.Join(categories, ","),
		"--chrome-flags=" + chromeFlags + " --user-data-dir=" + profile}
	if session {
		args = append(args, "--extra-headers="+l.headers)
	}
	cmd := exec.CommandContext(ctx, "node", args...)
	cmd.Env = append(os.Environ(), "CHROME_PATH="+chromium())
	if told, err := cmd.CombinedOutput(); err != nil {
		return r, fmt.Errorf("%w\n%s", err, told)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// print prints a page's line, and below it what cost points. low tells whether a score is
// below what is wanted.
func (r report) print(out io.Writer, name string) (low bool) {
	fmt.Fprintf(out, "%-10s", name)
	for _, category := range categories {
		score := int(100*r.Categories[category].Score + 0.5)
		low = low || score < least
		fmt.Fprintf(out, "%*d  ", len(category), score)
	}
	fmt.Fprintf(out, "\n%10sfirst paint %s, largest %s, blocked %s, moved %s\n", "",
		r.Audits["first-contentful-paint"].DisplayValue, r.Audits["largest-contentful-paint"].DisplayValue,
		r.Audits["total-blocking-time"].DisplayValue, r.Audits["cumulative-layout-shift"].DisplayValue)
	for _, category := range categories[1:] {
		for _, ref := range r.Categories[category].AuditRefs {
			if a := r.Audits[ref.ID]; ref.Weight > 0 && a.Score != nil && *a.Score < 1 {
				fmt.Fprintf(out, "%10s%s: %s\n", "", category, a.Title)
			}
		}
	}
	return low
}
