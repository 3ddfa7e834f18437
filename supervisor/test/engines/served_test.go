package engines_test

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"chatter/nginx"
)

const (
	own     = "a name of the site itself"
	guarded = "the script asks whether it is there"
	hint    = "the page is the same without"
)

// excused are features that old browsers lack, and why they do without.
var excused = map[string]string{
	".address": own, ".badge": own, ".changed": own, ".connection": own, ".drop": own, ".first": own,
	".number": own, ".requested": own, ".lines": own, ".watch": own, ".run": own, ".messages": own, ".interval": own,

	".Segmenter": guarded, "Intl.Segmenter": guarded, ".segment": guarded, ".share": guarded,
	".showNotification": guarded, ".getNotifications": guarded, ".notification": guarded, "event notificationclick": guarded,
	"CSS.highlights": guarded, "Highlight": guarded, ".Highlight": guarded, ".highlights": guarded, ".vibrate": guarded,
	":highlight":           "without it the place that was found has no mark; its message has one",
	"@media forced-colors": "Safari before 16 has no such mode",
	"forced-color-adjust":  "with forced colours the flag has no picture in Firefox 102; it keeps its name",
	"align-content: start": "in a grid Safari has had it for longer",
	"field-sizing":         "composer-view.js sets the height of the field",

	"overflow-anchor":    "scroll-view.js keeps the reader's place",
	"content-visibility": hint, "contain-intrinsic-block-size": hint, "overscroll-behavior": hint, "text-wrap": hint, "text-size-adjust": hint,
	"link rel=expect": hint, "link blocking=": hint, "link rel=modulepreload": hint, "link rel=manifest": hint,
	"meta name=theme-color": hint, "meta name=viewport": hint, "autocapitalize=": hint,
}

// The files that are served need nothing that the oldest browsers do not have.
func servedFiles(t *testing.T, site string) {
	all := loadFeatures(t)
	f := &findings{T: t, excused: excused, met: make(map[string]bool)}
	for name, content := range served(t, site) {
		switch path.Ext(name) {
		case ".css":
			f.style(all, name, content)
		case ".js":
			f.script(all, name, content)
		default:
			f.page(all, name, content)
		}
	}
	f.unused()
}

var digest = regexp.MustCompile(`/static/[0-9a-f]{16}`)

// served are the pages, by their paths, and the styles and scripts, by the names of their files.
func served(t *testing.T, site string) map[string]string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	files := make(map[string]string)
	keep := func(name string, response *http.Response, err error) bool {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		content, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode == http.StatusOK {
			files[name] = string(content)
		}
		return response.StatusCode == http.StatusOK
	}
	r, err := http.NewRequest(http.MethodPost, site+"index/", strings.NewReader(url.Values{"user": {"Ann"}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {strings.TrimSuffix(site, "/")}}
	response, err := client.Do(r)
	keep("index/", response, err)
	for _, name := range []string{"", "chat/served/", "chat/served/log/", "privacy/"} {
		response, err := client.Get(site + name)
		if !keep(name, response, err) {
			t.Fatalf("/%s: %s", name, response.Status)
		}
	}
	for _, name := range nginx.Pages() {
		files[name] = nginx.Page(name, "en")
	}
	base := digest.FindString(files["index/"])
	err = fs.WalkDir(os.DirFS("../../../httpd/internal/assets"), "static", func(name string, entry fs.DirEntry, err error) error {
		if ext := path.Ext(name); err == nil && (ext == ".css" || ext == ".js") {
			name = strings.TrimPrefix(name, "static")
			response, err := client.Get(strings.TrimSuffix(site, "/") + base + name)
			keep(name, response, err) // a module inside a bundle is not served
		}
		return err
	})
	if err != nil || base == "" || len(files) < 30 {
		t.Fatalf("%d files below %s, %v", len(files), base, err)
	}
	return files
}

var (
	element   = regexp.MustCompile(`<([a-z0-9]+)((?:\s+[^\s=>]+(?:="[^"]*")?)*)\s*/?>`)
	attribute = regexp.MustCompile(`([a-z-]+)(?:="([^"]*)")?`)
	inline    = regexp.MustCompile(`(?s)<(style|script)>(.+?)</`)
)

// page checks the elements and their attributes, and styles and scripts inside the page.
func (f *findings) page(all feature, where, html string) {
	f.Helper()
	for _, tag := range element.FindAllStringSubmatch(html, -1) {
		known := all.at("html", "elements", tag[1])
		f.check(where, "<"+tag[1]+">", known)
		for _, a := range attribute.FindAllStringSubmatch(tag[2], -1) {
			f.check(where, a[1]+"=", all.at("html", "global_attributes", a[1]))
			f.check(where, tag[1]+" "+a[1]+"=", known.at(a[1]))
			f.check(where, tag[1]+" "+a[1]+"="+a[2], known.at(a[1], a[2]))
		}
	}
	for _, part := range inline.FindAllStringSubmatch(html, -1) {
		if part[1] == "style" {
			f.style(all, where, part[2])
		} else {
			f.script(all, where, part[2])
		}
	}
}

var (
	member   = regexp.MustCompile(`\??\.([A-Za-z][\w$]{2,})(\?\.)?`) // shorter names are minified
	static   = regexp.MustCompile(`\b([A-Z]\w+)\??\.([A-Za-z]\w*)(\?\.)?`)
	global   = regexp.MustCompile(`(^|[^\w$.#"'])([A-Za-z]\w{2,})\b(\?\.)?`)
	listened = regexp.MustCompile(`addEventListener\("(\w+)"`)
	pattern  = regexp.MustCompile(`\(\?<[=!]|\(\?[a-z]*-?[a-z]+:|new RegExp\("[^"]*","[a-z]*v`)
)

// script checks the names in a script. A name before ?. is guarded. A name of a member belongs
// to any interface that has it, because the types are unknown.
func (f *findings) script(all feature, where, script string) {
	f.Helper()
	for _, m := range pattern.FindAllString(script, -1) {
		f.Errorf("%s: no old browser can read the regular expression with %s", where, m)
	}
	api, builtins := all.at("api"), all.at("javascript", "builtins")
	intl := builtins.at("Intl")
	for _, m := range static.FindAllStringSubmatch(script, -1) {
		if m[3] == "" {
			f.check(where, m[1]+"."+m[2], api.at(m[1], m[2]+"_static"))
			f.check(where, m[1]+"."+m[2], builtins.at(m[1], m[2]))
		}
	}
	for _, m := range global.FindAllStringSubmatch(script, -1) {
		if m[3] == "" {
			f.check(where, m[2], api.at(m[2]))
			f.check(where, m[2], api.at("Window", m[2]))
			f.check(where, m[2], builtins.at(m[2]))
		}
	}
	for _, m := range member.FindAllStringSubmatch(script, -1) {
		if m[2] == "" {
			f.anyOf(where, "."+m[1], m[1], api, builtins, intl)
		}
	}
	for _, m := range listened.FindAllStringSubmatch(script, -1) {
		f.anyOf(where, "event "+m[1], m[1]+"_event", api)
	}
}

// anyOf reports a name that no interface has in an old browser, though some have it today.
func (f *findings) anyOf(where, name, key string, interfaces ...feature) {
	f.Helper()
	missing := make(map[string]bool)
	found := false
	for _, group := range interfaces {
		for i := range group {
			for _, key := range []string{key, key + "_static"} {
				browsers, known := group.at(i, key).lacks()
				if known && len(browsers) == 0 {
					return
				}
				found = found || known
				for _, browser := range browsers {
					missing[browser] = true
				}
			}
		}
	}
	if found {
		f.report(where, name, sorted(missing))
	}
}
