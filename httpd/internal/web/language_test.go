package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestLanguage_IsTheGuestsChoice(t *testing.T) {
	site := newSite(t)
	for _, tt := range []struct{ accept, want string }{
		{"", "en"},
		{"de", "de"},
		{"de-AT,en;q=0.5", "de"},
		{"en-GB,de;q=0.9", "en"},
		{"fr;q=0.9,de;q=0.8,en;q=0.7", "de"},
		{"tlh", "en"},
		{"*", "en"},
		{"de;q=0", "en"},
		{"%%%", "en"},
		{strings.Repeat("a-", 4000), "en"},
	} {
		b := site.guest("Ann")
		for _, address := range []string{"/", "/index/", "/privacy/", "/chat/x/", "/nothing"} {
			a := b.get(address, "Accept-Language", tt.accept)
			doc := a.wantPage(a.StatusCode)
			lang, _ := doc.Find("html").Attr("lang")
			dir, _ := doc.Find("html").Attr("dir")
			if lang != tt.want || dir != "ltr" {
				t.Errorf("%s for %q: lang %q, dir %q", address, tt.accept, lang, dir)
			}
			if got := a.Header.Values("Vary"); !slices.Contains(got, "Accept-Language") {
				t.Errorf("%s: Vary %q", address, got)
			}
			// A page that has scripts of its own has its words before them.
			scripts := doc.Find("script[type=module]")
			first, _ := scripts.First().Attr("src")
			if scripts.Length() > 0 && (scripts.Length() != 2 || !strings.HasSuffix(first, "js/words-"+tt.want+".js")) {
				t.Errorf("%s for %q: %d scripts, the first is %q", address, tt.accept, scripts.Length(), first)
			}
		}
	}
	doc := site.browser().get("/", "Accept-Language", "de").wantPage(http.StatusOK)
	if got := textOf(doc, "h1"); got != "Wer bist du, ungefähr?" {
		t.Errorf("heading %q", got)
	}
}
