package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLanguage_IsTheGuestsChoice(t *testing.T) {
	site := newSite(t)
	for _, tt := range []struct{ accept, want string }{
		{"ar-EG,ar;q=0.9", "ar"},
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
			if lang != tt.want || (dir == "rtl") != (lang == "ar") || dir != "ltr" && dir != "rtl" {
				t.Errorf("%s for %q: lang %q, dir %q", address, tt.accept, lang, dir)
			}
			if got := a.Header.Values("Vary"); !slices.Contains(got, "Accept-Language") || !slices.Contains(got, "Cookie") {
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

// Each page that has the form leads back to itself, in the language that was chosen.
func TestLanguage_CanBeChosenOnEveryPage(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	for _, address := range []string{"/", "/?next=%2Fchat%2Fx%2F", "/index/", "/privacy/", "/chat/%D8%B3%D9%84%D8%A7%D9%85/", "/chat/?room=%2F", "/nothing?a=b"} {
		for _, l := range languages(t) {
			page := b.get(address)
			doc := page.wantPage(page.StatusCode)
			form := doc.Find("form.languages")
			action, _ := form.Attr("action")
			next := nextOf(t, action)
			button := form.Find("[name=to][value=" + l.Lang + "]")
			if lang, _ := button.Attr("lang"); form.Length() != 1 || next != address || button.Text() != l.Name || lang != l.Lang {
				t.Errorf("%s: %d forms, next %q, the button for %s is %q in %q", address, form.Length(), next, l.Lang, button.Text(), lang)
			}
			b.post(action, url.Values{"to": {l.Lang}}).wantRedirect(http.StatusSeeOther, address)
			for _, accept := range []string{"", "de", "ar"} {
				again := b.get(address, "Accept-Language", accept)
				doc := again.wantPage(page.StatusCode)
				if got, _ := doc.Find("html").Attr("lang"); got != l.Lang {
					t.Errorf("%s for %q is in %q, %q was chosen", address, accept, got, l.Lang)
				}
				if got, _ := doc.Find("form.languages [aria-current]").Attr("value"); got != l.Lang {
					t.Errorf("%s: %q is marked, %q was chosen", address, got, l.Lang)
				}
			}
		}
	}
	refused := b.post("/index/", url.Values{"user": {""}, "next": {"/chat/x/"}}).wantPage(http.StatusUnprocessableEntity)
	action, _ := refused.Find("form.languages").Attr("action")
	if next := nextOf(t, action); next != "/?next=%2Fchat%2Fx%2F" {
		t.Errorf("from a refused name the form leads to %q", next)
	}
}

// nextOf returns where a form leads back to.
func nextOf(t *testing.T, action string) string {
	t.Helper()
	u, err := url.Parse(action)
	if err != nil || u.Path != "/language/" {
		t.Fatalf("action %q: %v", action, err)
	}
	return u.Query().Get("next")
}

func TestLanguage_TheCookieHoldsOnlyTheLanguage(t *testing.T) {
	site := newSite(t)
	for _, next := range []string{"", "https://evil.example/", "//evil.example", "/index/"} {
		want := "/"
		if next == "/index/" {
			want = next
		}
		a := site.browser().post("/language/?next="+url.QueryEscape(next), url.Values{"to": {"ar"}}).wantRedirect(http.StatusSeeOther, want)
		cookies := a.Cookies()
		if len(cookies) != 1 {
			t.Fatalf("cookies %v", cookies)
		}
		if c := cookies[0]; c.Name != "chatter-lang" || c.Value != "ar" || c.MaxAge != 365*24*60*60 || c.Path != "/" || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("cookie %v", c)
		}
	}
	for _, to := range []string{"", "tlh", "AR", "ar;de", "../ar"} {
		a := site.browser().post("/language/", url.Values{"to": {to}}).want(http.StatusBadRequest)
		if len(a.Cookies()) != 0 {
			t.Errorf("%q: cookies %v", to, a.Cookies())
		}
	}
	site.browser().post("/language/", url.Values{"to": {"ar"}}, "Sec-Fetch-Site", "cross-site").want(http.StatusForbidden)
	if got, _ := site.browser().get("/", "Cookie", "chatter-lang=tlh", "Accept-Language", "de").wantPage(http.StatusOK).Find("html").Attr("lang"); got != "de" {
		t.Errorf("with a language that is none, the page is in %q", got)
	}
}

// Lists in a cache are of one language: a guest never sees those of another guest's.
func TestLanguage_EachGuestGetsTheListsInTheirs(t *testing.T) {
	site := newSite(t)
	now := time.Now().Truncate(5 * time.Minute).Add(time.Minute)
	site.at(now)
	ago := now.Sub(site.publish("users", "Bob", 0))
	ann, eve := site.guest("Ann"), site.guest("Eve")
	eve.post("/language/", url.Values{"to": {"ar"}})
	for range 2 {
		for b, want := range map[*browser]string{ann: "en", eve: "ar"} {
			doc := b.get("/index/").wantPage(http.StatusOK)
			if got, said := textOf(doc, "#users li[data-name=Bob] time"), site.languages.Named(want).Ago(ago); got != said {
				t.Errorf("in %s the list says %q, want %q", want, got, said)
			}
		}
	}
	if a := eve.get("/manifest.webmanifest"); !slices.Contains(a.Header.Values("Vary"), "Cookie") || !strings.Contains(a.body, `"dir":"rtl"`) || !strings.Contains(a.body, `"lang":"ar"`) {
		t.Errorf("manifest: Vary %q, %s", a.Header.Values("Vary"), a.body)
	}
}
