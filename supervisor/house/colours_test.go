package house_test

import (
	"regexp"
	"strings"
	"testing"
)

// nginx's own pages cannot ask httpd for its colours, and must look like its pages.
func TestWaitingPages_HaveTheSitesColours(t *testing.T) {
	t.Parallel()
	tokens := map[string][2]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\((\S+), (\S+)\);`).FindAllStringSubmatch(readFile(t, "httpd/internal/web/static/css/tokens.css"), -1) {
		tokens[m[1]] = [2]string{m[2], m[3]}
	}
	names := map[string]string{"soft": "ink-soft", "paper": "mask-paper"}
	for _, page := range []string{"waiting", "unsent", "too-large"} {
		light, dark, ok := strings.Cut(readFile(t, "nginx/errors/"+page+".html"), "prefers-color-scheme: dark")
		if !ok {
			t.Errorf("%s.html has one theme only", page)
		}
		for i, style := range []string{light, dark} {
			set := regexp.MustCompile(`--([a-z]+): (#[0-9a-f]+);`).FindAllStringSubmatch(style, -1)
			if len(set) < 5 {
				t.Errorf("%s.html sets %d colours", page, len(set))
			}
			for _, m := range set {
				name := m[1]
				if longer, ok := names[name]; ok {
					name = longer
				}
				if tokens[name][i] != m[2] {
					t.Errorf("%s.html: %s is %s, of the site %s", page, m[1], m[2], tokens[name][i])
				}
			}
		}
	}
}
