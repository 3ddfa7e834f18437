package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

func TestStatic_ServesEveryFile(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	b.client.Transport = &http.Transport{DisableCompression: true}
	types := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	count := 0
	err := fs.WalkDir(embedded, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		count++
		want, err := fs.ReadFile(embedded, name)
		if err != nil {
			return err
		}
		address := site.assets.base + strings.TrimPrefix(name, "static")
		for _, accept := range []string{"", "gzip", "br, gzip;q=0.5", "gzip;q=0", "*", "identity"} {
			a := b.get(address, "Accept-Encoding", accept).want(http.StatusOK)
			content := []byte(a.body)
			if a.Header.Get("Content-Encoding") == "gzip" {
				if accept == "" || accept == "gzip;q=0" || accept == "identity" {
					t.Errorf("%s: gzip for a browser that takes %q", name, accept)
				}
				if content, err = unzip(content); err != nil {
					return err
				}
			} else if len(want) > 1000 && strings.HasPrefix(accept, "gzip;") == false && strings.Contains(accept, "gzip") {
				t.Errorf("%s: not compressed for %q", name, accept)
			}
			if !bytes.Equal(content, want) {
				t.Errorf("%s with %q: other content", name, accept)
			}
			if got := a.Header.Get("Content-Type"); got != types[path.Ext(name)] {
				t.Errorf("%s: content type %q", name, got)
			}
			if got := a.Header.Get("Cache-Control"); got != cacheForEver {
				t.Errorf("%s: Cache-Control %q", name, got)
			}
			if site.assets.files[strings.TrimPrefix(name, "static/")].gzipped != nil && a.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s: Vary %q", name, a.Header.Get("Vary"))
			}
		}
		a := b.do(http.MethodHead, address, nil).want(http.StatusOK)
		if a.body != "" || a.Header.Get("Content-Length") != strconv.Itoa(len(want)) {
			t.Errorf("%s: HEAD says length %s and sends %d bytes", name, a.Header.Get("Content-Length"), len(a.body))
		}
		return nil
	})
	if err != nil || count == 0 {
		t.Fatalf("%d files, %v", count, err)
	}
}

func unzip(content []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func TestStatic_NothingElseIsThere(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	base := site.assets.base
	for _, address := range []string{
		"/static/", "/static", base, base + "/", base + "/js", base + "/js/", base + "/js/none.js",
		"/static/0000000000000000/icon.svg", "/static/icon.svg", "/static//icon.svg",
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

func TestStatic_PagesNameOnlyFilesThatAreThere(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	for _, address := range []string{"/", "/index/", "/chat/x/", "/nothing"} {
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

func TestAssets_TheDigestCoversTheTree(t *testing.T) {
	digest := func(files fstest.MapFS) string {
		a, err := newAssets(files, "static", nil)
		if err != nil {
			t.Fatal(err)
		}
		return a.digest
	}
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	seen := map[string]int{}
	for i, files := range []fstest.MapFS{
		{"static/a.js": file("x")},
		{"static/a.js": file("y")},
		{"static/b.js": file("x")},
		{"static/a.js": file("x"), "static/b.js": file("")},
		{"static/js/a.js": file("x")},
	} {
		d := digest(files)
		if j, ok := seen[d]; ok {
			t.Errorf("trees %d and %d have one digest", i, j)
		}
		seen[d] = i
		if d != digest(files) {
			t.Error("one tree has two digests")
		}
	}
	if _, err := newAssets(fstest.MapFS{"static/a.exe": file("x")}, "static", nil); err == nil {
		t.Error("a file of unknown type is served")
	}
}

func TestWellKnown(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	a := b.get("/favicon.ico").want(http.StatusOK)
	if a.Header.Get("Content-Type") != "image/svg+xml" || !strings.HasPrefix(a.body, "<svg") {
		t.Errorf("favicon: %v", a.Header)
	}
	a = b.get("/robots.txt").want(http.StatusOK)
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain") || !strings.Contains(a.body, "Disallow: /chat/\n") {
		t.Errorf("robots: %v %s", a.Header, a.body)
	}
}
