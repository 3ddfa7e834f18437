package house_test

import (
	"regexp"
	"testing"
)

// nginx's own pages cannot ask httpd for its colours, and must look like its pages.
func TestWaitingPages_HaveTheSitesColours(t *testing.T) {
	t.Parallel()
	colours := func(text string) map[string]string {
		found := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): (light-dark\(\S+, \S+\));`).FindAllStringSubmatch(text, -1) {
			found[m[1]] = m[2]
		}
		return found
	}
	site := colours(readFile(t, "httpd/internal/assets/static/css/tokens.css"))
	page := colours(readFile(t, "nginx/errors.html.template"))
	if len(page) < 5 {
		t.Errorf("the pages have %d colours", len(page))
	}
	for name, colour := range page {
		if site[name] != colour {
			t.Errorf("%s is %s, of the site %s", name, colour, site[name])
		}
	}
}
