package house_test

import (
	"regexp"
	"slices"
	"testing"
)

// nginx's own pages cannot ask httpd for its colours, and must look like its pages.
func TestWaitingPages_HaveTheSitesColours(t *testing.T) {
	t.Parallel()
	site := map[string][]string{} // light, dark
	for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\((\S+), (\S+)\);`).FindAllStringSubmatch(readFile(t, "httpd/internal/assets/static/css/tokens.css"), -1) {
		site[m[1]] = m[2:]
	}
	page := map[string][]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): (#\w+);`).FindAllStringSubmatch(readFile(t, "nginx/errors.html.template"), -1) {
		page[m[1]] = append(page[m[1]], m[2])
	}
	if len(page) < 5 {
		t.Errorf("the pages have %d colours", len(page))
	}
	for name, colours := range page {
		if !slices.Equal(site[name], colours) {
			t.Errorf("%s is %q, of the site %q", name, colours, site[name])
		}
	}
}
