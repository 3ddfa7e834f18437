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

var languageMap = regexp.MustCompile(`map \$http_(\w+) \$chatter_(?:accepted|language) {\s*default (\S+);\s*"~([^"]+)" \$(\w+);`)

// Language is the language of the page that the site shows to a browser with this header, for
// a server that shows the pages in nginx's place.
func Language(h http.Header) string {
	text, err := files.ReadFile("parts/http-level.conf.template")
	if err != nil {
		panic(err)
	}
	maps := languageMap.FindAllStringSubmatch(string(text), -1)
	if len(maps) != 2 {
		panic("http-level.conf chooses no language")
	}
	language := ""
	for _, m := range maps { // the second map's default is the result of the first
		field, otherwise, named, result := m[1], m[2], regexp.MustCompile(m[3]), m[4]
		value := h.Get(strings.ReplaceAll(field, "_", "-"))
		if found := named.FindStringSubmatch(value); found != nil {
			language = found[named.SubexpIndex(result)]
		} else if language == "" {
			language = otherwise
		}
	}
	return language
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
