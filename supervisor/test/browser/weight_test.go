package browser_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httputil"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// maxWeight is what a first visit of a page may have on the wire: everything it fetches,
// with all headers, as HTTP/1.1 writes them out; HTTP/2 spares most of those.
const maxWeight = 34 << 10

// maxPlain is the same over plain http, where browsers take gzip alone: a tenth more, and
// a fifth of it is headers.
const maxPlain = 37 << 10

// fetched is an answer that a page got, and how long it was on the wire with its headers.
type fetched struct {
	url, kind, coding string
	bytes             int
}

// fetches notes what a tab fetches from now on.
type fetches struct {
	mu  sync.Mutex
	by  map[network.RequestID]*fetched
	all []*fetched
}

func (f *fetches) event(ev any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventResponseReceived:
		coding, _ := ev.Response.Headers["Content-Encoding"].(string)
		f.by[ev.RequestID] = &fetched{url: ev.Response.URL, kind: ev.Type.String(), coding: coding}
		f.all = append(f.all, f.by[ev.RequestID])
	case *network.EventLoadingFinished:
		if got := f.by[ev.RequestID]; got != nil {
			got.bytes = int(ev.EncodedDataLength)
		}
	}
}

// take returns what was fetched since the last time.
func (f *fetches) take() []*fetched {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.all
	f.all = nil
	return all
}

// shifts lists what of a page has moved without anybody having asked for it.
const shifts = `window.shifted = [];
const place = ({x, y, width, height}) => [x, y, width, height].join(' ');
new PerformanceObserver((list) => {
	for (const e of list.getEntries()) if (!e.hadRecentInput) window.shifted.push([e.value, 'after ' + e.startTime + ' ms', ...e.sources.map(({node, previousRect, currentRect}) =>
		(node?.outerHTML ?? node?.textContent ?? '').slice(0, 80) + ' from ' + place(previousRect) + ' to ' + place(currentRect))].join('\n\t'));
}).observe({type: 'layout-shift', buffered: true});`

// On a stack with other guests, the lists of the index would be longer.
func TestWeight_PagesAreLightAndStandStill(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	const room = "Weight"
	talked(t, w, room)
	b := newGuest(t, w, "Wanda")
	noted := &fetches{by: map[network.RequestID]*fetched{}}
	err := chromedp.Listen(b.ctx, func(ev any) { noted.event(ev) })
	if err == nil {
		_, err = chromedp.Call(b.ctx, network.Enable, network.EnableParams{})
	}
	if err == nil {
		// Every visit is the first one.
		_, err = chromedp.Call(b.ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	}
	if err == nil {
		_, err = chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: shifts})
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, address := range map[string]string{"sign-in": "/", "index": "/index/", "room": roomPath(room), "invited": "/?next=" + roomPath(room), "empty room": roomPath("~Empty")} {
		noted.take()
		b.open(address)
		if strings.HasSuffix(name, "room") {
			b.awaitLive()
		}
		b.until("the page has had time to move, and nothing is under way any more",
			"performance.now() > 1000 && performance.getEntriesByType('resource').every((e) => e.responseEnd > 0)")
		all, weight, plain := noted.take(), 0, 0
		weighed := map[string]bool{}
		for _, got := range all {
			if !strings.HasPrefix(got.url, w.URL()) {
				if !strings.HasPrefix(got.url, "data:") {
					t.Errorf("%s: fetched from elsewhere: %s", name, got.url)
				}
				continue
			}
			// With its cache a browser asks once.
			if weighed[got.url] {
				continue
			}
			weighed[got.url] = true
			weight += got.bytes
			if got.kind == "Document" {
				plain += got.bytes // nginx knows gzip alone
				continue
			}
			// This Chromium takes brotli from its own machine, as it does over https; over
			// plain http from elsewhere it would get gzip.
			resp, content := download(t, got.url, "gzip")
			head, err := httputil.DumpResponse(resp, false)
			if err != nil {
				t.Fatal(err)
			}
			plain += len(head) + len(content)
			t.Logf("  %s: %d with brotli, %d with gzip, %d of it headers", path.Base(got.url), got.bytes, len(head)+len(content), len(head))
			if resp.Header.Get("Content-Encoding") != "gzip" && len(content) > 500 || got.coding == "" && got.bytes > 1000 {
				t.Errorf("%s: %s is not compressed", name, got.url)
			}
		}
		t.Logf("%s: %d files, %d bytes with all headers; over plain http %d", name, len(weighed), weight, plain)
		if weight > maxWeight || plain > maxPlain || len(weighed) < 4 {
			t.Errorf("%s: %d bytes in %d files, may be %d; over plain http %d, may be %d", name, weight, len(weighed), maxWeight, plain, maxPlain)
		}
		for _, m := range value[[]string](b, "window.shifted") {
			t.Errorf("%s: moved: %s", name, m)
		}
	}
}

// download fetches what needs no session, as it is on the wire.
func download(t *testing.T, address, accept string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", accept)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, content
}

// nginx must hand on what httpd has compressed, once and in the coding asked for.
func TestWeight_NginxCompressesNothingTwice(t *testing.T) {
	t.Parallel()
	w := site(t)
	get := func(path, accept string) (*http.Response, []byte) {
		t.Helper()
		return download(t, w.URL()+strings.TrimPrefix(path, "/"), accept)
	}
	unzip := func(content []byte) string {
		t.Helper()
		r, err := gzip.NewReader(strings.NewReader(string(content)))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	resp, content := get("/", "gzip")
	html := unzip(content)
	if resp.Header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(html, "<!doctype html>") {
		t.Errorf("the page is %q, %.40q", resp.Header.Get("Content-Encoding"), html)
	}
	_, rest, _ := strings.Cut(html, `rel="stylesheet" href="`)
	style, _, _ := strings.Cut(rest, `"`)
	if style == "" {
		t.Fatal("no style in the page")
	}
	_, plain := get(style, "identity")
	resp, content = get(style, "gzip")
	if got := unzip(content); resp.Header.Get("Content-Encoding") != "gzip" || got != string(plain) {
		t.Errorf("the style is %q, %.40q", resp.Header.Get("Content-Encoding"), got)
	}
	resp, content = get(style, "gzip, br")
	if resp.Header.Get("Content-Encoding") != "br" || len(content) >= len(plain) {
		t.Errorf("who takes brotli gets %q, %d bytes of %d", resp.Header.Get("Content-Encoding"), len(content), len(plain))
	}
}
