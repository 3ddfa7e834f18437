package nginx

import (
	"net/http"
	"regexp"
	"strings"
)

// The error pages, by the name of their file without .html.
const (
	Waiting  = "waiting"   // retries by itself
	Unsent   = "unsent"    // a form did not get through; the guest is asked to send it again
	TooLarge = "too-large" // a body above the limit
)

// Pages names all error pages.
func Pages() []string { return []string{Waiting, Unsent, TooLarge} }

// Page returns the HTML of a page. It panics for a name that is not one of Pages.
func Page(name string) string {
	text, err := files.ReadFile("errors/" + name + ".html")
	if err != nil {
		panic(err)
	}
	return string(text)
}

var addHeader = regexp.MustCompile(`(?m)^\s*add_header (\S+) (?:"([^"]*)"|(\S+)) always;`)

// PageHeader returns the header fields that the site file adds to every error page,
// for a server that shows the pages in nginx's place.
func PageHeader() http.Header {
	text, err := files.ReadFile("site.conf.template")
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
