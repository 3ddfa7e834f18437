package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"chatter/httpd/internal/assets"

	"github.com/andybalholm/brotli"
)

func TestStatic_ServesEveryFile(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	b.client.Transport = &http.Transport{DisableCompression: true}
	types := map[string]string{
		".css": "text/css", ".js": "text/javascript",
		".svg": "image/svg+xml", ".png": "image/png",
	}
	codings := []struct{ accept, want string }{
		{"", ""}, {"gzip", "gzip"}, {"gzip, deflate", "gzip"}, {"br, gzip;q=0.5", "br"}, {"gzip, deflate, br, zstd", "br"},
		{"br;q=0, gzip", "gzip"}, {"gzip;q=0", ""}, {"*", "gzip"}, {"identity", ""},
	}
	for _, name := range staticFiles(t) {
		file, served := site.assets.File(name)
		if !served { // it is in a bundle
			continue
		}
		address, compressed := site.assets.Base+"/"+name, isCompressed(file)
		source, err := os.ReadFile("../assets/static/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if len(file.Content) == 0 || len(file.Content) > len(source) && path.Ext(name) != ".css" && !site.assets.Eager(name) {
			t.Errorf("%s: %d bytes of %d", name, len(file.Content), len(source))
		}
		for _, coding := range codings {
			want := coding.want
			if !compressed {
				want = ""
			}
			a := b.get(address, "Accept-Encoding", coding.accept).want(http.StatusOK)
			if got := a.Header.Get("Content-Encoding"); got != want {
				t.Errorf("%s for a browser that takes %q: %q, want %q", name, coding.accept, got, want)
			}
			if got := decode(t, a); !bytes.Equal(got, file.Content) {
				t.Errorf("%s with %q: other content", name, coding.accept)
			}
			if got := a.Header.Get("Content-Type"); got != types[path.Ext(name)] || got == "" {
				t.Errorf("%s: content type %q", name, got)
			}
			if got := a.Header.Get("Cache-Control"); got != cacheForEver {
				t.Errorf("%s: Cache-Control %q", name, got)
			}
			if compressed && a.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s: Vary %q", name, a.Header.Get("Vary"))
			}
		}
		a := b.do(http.MethodHead, address, nil).want(http.StatusOK)
		if a.body != "" || a.Header.Get("Content-Length") != strconv.Itoa(len(file.Content)) {
			t.Errorf("%s: HEAD says length %s and sends %d bytes", name, a.Header.Get("Content-Length"), len(a.body))
		}
		if len(file.Content) > 1000 && path.Ext(name) != ".png" && !compressed {
			t.Errorf("%s: not compressed", name)
		}
	}
}

// staticFiles returns the paths of all files below the assets' address.
func staticFiles(t *testing.T) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS("../assets/static"), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil || len(names) == 0 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	return names
}

// isCompressed reports whether a file has compressed codings.
func isCompressed(file *assets.File) bool {
	h := make(http.Header)
	file.Encode(h, http.Header{"Accept-Encoding": {"gzip"}})
	return h.Get("Content-Encoding") == "gzip"
}

// decode undoes an answer's content coding.
func decode(t *testing.T, a *answer) []byte {
	t.Helper()
	var r io.Reader = strings.NewReader(a.body)
	var err error
	switch a.Header.Get("Content-Encoding") {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "br":
		r = brotli.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestStatic_NothingElseIsThere(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	base := site.assets.Base
	for _, address := range []string{
		"/static/", "/static", base, base + "/", base + "/js", base + "/js/", base + "/js/none.js",
		"/static/0000000000000000/none.svg", "/static/000000000000000/icon.svg", "/static/000000000000000G/icon.svg", "/static/icon.svg", "/static//icon.svg",
		base + "/js%2Froom.js", base + "/js%2froom.js", base + "//icon.svg", base + "/./icon.svg", base + "/js/../icon.svg",
		base + "/%2e%2e/templates/room.html", base + "/..%2ftemplates%2froom.html", base + "/../../templates/room.html",
		base + "/ICON.SVG", base + "/icon.svg/", base + "/icon.svg%00", base + "%2Ficon.svg",
	} {
		a := b.get(address).want(http.StatusNotFound)
		if got := a.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control %q", address, got)
		}
	}
}

// A tab may have been open since before this version came.
func TestStatic_AnOlderPageGetsWhatItLoadsLater(t *testing.T) {
	site := newSite(t)
	guest := site.guest("Ann")
	begins := make(map[string]bool)
	for _, page := range []string{"/", "/index/", "/chat/x/"} {
		for _, n := range guest.get(page).wantPage(http.StatusOK).Find("link[rel=modulepreload], script[type=module]").Nodes {
			for _, a := range n.Attr {
				if a.Key == "href" || a.Key == "src" {
					begins[strings.TrimPrefix(a.Val, site.assets.Base+"/")] = true
				}
			}
		}
	}
	const older = "/static/0123456789abcdef/"
	later := 0
	for _, name := range append(staticFiles(t), "js/words-en.js", "js/words-de.js") {
		if _, served := site.assets.File(name); !served {
			continue // it is in a bundle
		}
		if begins[name] || strings.HasPrefix(name, "js/words-") {
			// Half a page of one version and half of another would not fit together.
			a := guest.get(older + name).want(http.StatusNotFound)
			if got := a.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("%s: Cache-Control %q", name, got)
			}
			continue
		}
		if path.Ext(name) == ".js" {
			later++
		}
		a := guest.get(older + name).want(http.StatusOK)
		if now := guest.get(site.assets.Base + "/" + name).want(http.StatusOK); a.body != now.body || a.Header.Get("Content-Type") != now.Header.Get("Content-Type") {
			t.Errorf("%s: another content", name)
		}
		if got := a.Header.Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
	}
	if len(begins) < 5 || later < 2 {
		t.Errorf("%d modules to begin with, %d for later", len(begins), later)
	}
}

func TestStatic_PagesNameOnlyFilesThatAreThere(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	for _, address := range []string{"/", "/index/", "/privacy/", "/chat/x/", "/nothing"} {
		doc := b.get(address)
		page := doc.wantPage(doc.StatusCode)
		for selector, attr := range map[string]string{"link[href]": "href", "script[src]": "src", "img[src]": "src"} {
			for _, n := range page.Find(selector).Nodes {
				for _, a := range n.Attr {
					if a.Key == attr {
						b.get(a.Val).want(http.StatusOK)
					}
				}
			}
		}
		if page.Find("script:not([src]), style, [style], [onclick]").Length() > 0 {
			t.Errorf("%s: has something inline, which the policy forbids", address)
		}
	}
}

func TestWellKnown(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	a := b.get("/favicon.ico").want(http.StatusOK)
	if a.Header.Get("Content-Type") != "image/svg+xml" || !strings.HasPrefix(a.body, "<svg") {
		t.Errorf("favicon: %v", a.Header)
	}
	a = b.get("/worker.js").want(http.StatusOK)
	if a.Header.Get("Content-Type") != "text/javascript" || !strings.Contains(a.body, "notificationclick") || a.Header.Get("Cache-Control") != cacheForADay {
		t.Errorf("worker: %v", a.Header)
	}
	for _, kept := range []string{"fetch", "caches", "install"} {
		if strings.Contains(a.body, kept) {
			t.Errorf("the worker has to do with %s: it must keep no page", kept)
		}
	}
	a = b.get("/robots.txt").want(http.StatusOK)
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain") || !strings.Contains(a.body, "User-agent: *\n") {
		t.Errorf("robots: %v %s", a.Header, a.body)
	}
}

// A browser must not have to read a module to learn of the next one.
func TestModules_AreAllNamedByThePage(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	for _, address := range []string{"/index/", "/chat/x/"} {
		doc := b.get(address).wantPage(http.StatusOK)
		named := make(map[string]bool)
		for _, n := range doc.Find("link[rel=modulepreload], script[type=module]").Nodes {
			for _, a := range n.Attr {
				if a.Key == "href" || a.Key == "src" {
					named[a.Val] = true
				}
			}
		}
		// The page's script, the texts, and the module that both import.
		if len(named) != 3 {
			t.Errorf("%s names %d modules, want 3", address, len(named))
		}
		for module := range named {
			source := b.get(module).want(http.StatusOK).body
			for _, m := range regexp.MustCompile(`(?:from|import)\s*['"]\./([^'"]+)['"]`).FindAllStringSubmatch(source, -1) {
				if !named[path.Dir(module)+"/"+m[1]] {
					t.Errorf("%s: %s imports %s, which the page does not name", address, module, m[1])
				}
			}
		}
	}
}
