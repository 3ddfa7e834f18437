package nginx

import (
	"io/fs"
	"net/http"
	"regexp"
	"strings"
)

// The error pages are made of errors.html.template and of the words that httpd's texts
// have for nginx.
//
//go:generate go test -run TestPages_AreMadeOfTheTexts -update .

// The error pages, by the name of their files without the language.
const (
	Waiting  = "waiting"   // retries by itself
	Unsent   = "unsent"    // a form did not get through; the guest is asked to send it again
	TooLarge = "too-large" // a body above the limit

	Limited     = "limited"      // too many requests; retries by itself
	LimitedForm = "limited-form" // the same for a form, which the guest is asked to send again
)

// Pages names all error pages.
func Pages() []string { return []string{Waiting, Unsent, TooLarge, Limited, LimitedForm} }

// Languages names the languages that each page is in.
func Languages() []string {
	names, err := fs.Glob(files, "errors/"+Waiting+".*.html")
	if err != nil {
		panic(err)
	}
	for i, name := range names {
		names[i] = strings.TrimSuffix(strings.TrimPrefix(name, "errors/"+Waiting+"."), ".html")
	}
	return names
}

// Page returns the HTML of a page. It panics for a name that is not one of Pages, or a
// language that is not one of Languages.
func Page(name, language string) string {
	text, err := files.ReadFile("errors/" + name + "." + language + ".html")
	if err != nil {
		panic(err)
	}
	return string(text)
}

var languageMap = regexp.MustCompile(`map \$http_accept_language \$chatter_language {\s*default (\w+);\s*"~([^"]+)" \$(\w+);`)

// Language is the language of the page that the site shows to a browser which asks
// for these (Accept-Language), for a server that shows the pages in nginx's place.
func Language(accept string) string {
	text, err := files.ReadFile("parts/http-level.conf.template")
	if err != nil {
		panic(err)
	}
	m := languageMap.FindSubmatch(text)
	if m == nil {
		panic("http-level.conf chooses no language")
	}
	first := regexp.MustCompile(string(m[2]))
	if found := first.FindStringSubmatch(accept); found != nil {
		return found[first.SubexpIndex(string(m[3]))]
	}
	return string(m[1])
}

var addHeader = regexp.MustCompile(`(?m)^\s*add_header (\S+) (?:"([^"]*)"|([^$\s]+)) always;`)

// PageHeader returns the header fields that the site over http adds to every error page,
// for a server that shows the pages in nginx's place.
func PageHeader() http.Header {
	text, err := files.ReadFile("parts/site.conf.template")
	if err != nil {
		panic(err)
	}
	h := http.Header{"Content-Type": {"text/html; charset=utf-8"}}
	for _, m := range addHeader.FindAllSubmatch(text, -1) {
		h.Set(string(m[1]), strings.TrimSpace(string(m[2])+string(m[3])))
	}
	return h
}

// RetryPage names the page that answers a request which found no service, by the
// request's method.
func RetryPage(method string) string {
	if method == http.MethodPost {
		return Unsent
	}
	return Waiting
}
