package nginx_test

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"chatter/nginx"
)

// wantPage checks that resp is one of the error pages, in English, with all its header
// fields.
func wantPage(t *testing.T, resp *http.Response, name string) {
	t.Helper()
	wantPageIn(t, resp, name, "en")
}

func wantPageIn(t *testing.T, resp *http.Response, name, language string) {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if string(body) != nginx.Page(name, language) {
		t.Errorf("status %d: not the page %q in %q but: %.200q", resp.StatusCode, name, language, body)
	}
	for field, want := range nginx.PageHeader() {
		if got := resp.Header.Get(field); got != want[0] {
			t.Errorf("%s: %q, want %q", field, got, want[0])
		}
	}
	if got := resp.Header.Get("Server"); got != "nginx" {
		t.Errorf("Server: %q tells the version", got)
	}
}

func TestPages_RetryWhileAServiceIsAway(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	_, stop := newService(t, "httpd", run.httpd)
	if resp := run.get(t, "/"); resp.StatusCode != 200 {
		t.Fatalf("GET / = %d", resp.StatusCode)
	}
	stop()
	for range 3 {
		resp := run.get(t, "/chat/go/")
		if resp.StatusCode != http.StatusBadGateway {
			t.Errorf("httpd away: %d", resp.StatusCode)
		}
		wantPage(t, resp, nginx.Waiting)
	}
	resp := run.raw(t, "POST /chat/go/ HTTP/1.1", "Host: "+run.addr, "Content-Length: 0")
	if resp.StatusCode != http.StatusBadGateway {
		t.Errorf("a form while httpd is away: %d", resp.StatusCode)
	}
	wantPage(t, resp, nginx.Unsent)
	if resp := run.raw(t, "HEAD / HTTP/1.1", "Host: "+run.addr); resp.StatusCode != http.StatusBadGateway {
		t.Errorf("HEAD while httpd is away: %d", resp.StatusCode)
	}

	// Nobody listens any more, but the socket's file is still there.
	if err := os.WriteFile(run.httpd, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wantPage(t, run.get(t, "/"), nginx.Waiting)
	os.Remove(run.httpd)

	newService(t, "httpd", run.httpd)
	if resp := run.get(t, "/"); resp.StatusCode != 200 {
		t.Errorf("the first request after httpd is back: %d", resp.StatusCode)
	}
}

func TestPages_AServiceThatDiesInMidRequest(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	serve(t, run.httpd, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	resp := run.get(t, "/")
	if resp.StatusCode != http.StatusBadGateway {
		t.Errorf("status %d", resp.StatusCode)
	}
	wantPage(t, resp, nginx.Waiting)
}

func TestPages_ErrorsOfAServicePass(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	both(t, run)
	resp := run.get(t, "/busy")
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != 503 || string(body) != "a page of httpd's own" {
		t.Errorf("got %d %q", resp.StatusCode, body)
	}
}

func TestPages_CannotBeAskedFor(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	both(t, run)
	if resp := run.get(t, "/chatter-errors/waiting.en.html"); resp.StatusCode != 404 {
		t.Errorf("status %d", resp.StatusCode)
	}
}

// each calls f for every page in every language.
func each(f func(name, language, page string)) {
	for _, name := range nginx.Pages() {
		for _, language := range nginx.Languages() {
			f(name, language, nginx.Page(name, language))
		}
	}
}

// A style or a script that differs from the hash in site.conf would silently not apply.
func TestPages_StyleAndScriptsAreThoseThatThePolicyNames(t *testing.T) {
	policy := nginx.PageHeader().Get("Content-Security-Policy")
	allowed := make(map[string][]string)
	for directive := range strings.SplitSeq(policy, ";") {
		fields := strings.Fields(directive)
		allowed[fields[0]] = fields[1:]
	}
	used := make(map[string]bool)
	each(func(name, language, page string) {
		for element, directive := range map[string]string{"style": "style-src", "script": "script-src"} {
			found := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllStringSubmatch(page, -1)
			if len(found) == 0 {
				t.Errorf("%s.%s.html has no %s", name, language, element)
			}
			for _, m := range found {
				sum := sha256.Sum256([]byte(m[1]))
				hash := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
				used[hash] = true
				if !slices.Contains(allowed[directive], hash) {
					t.Errorf("%s.%s.html: %s %s is not in the policy %q", name, language, directive, hash, policy)
				}
			}
		}
	})
	for _, hash := range append(allowed["style-src"], allowed["script-src"]...) {
		if !used[hash] {
			t.Errorf("the policy allows %s, which no page has", hash)
		}
	}
}

func TestPages_OnlyThoseForPagesRetry(t *testing.T) {
	each(func(name, language, page string) {
		for _, by := range []string{`<noscript><meta http-equiv="refresh"`, "location.reload()"} {
			if got := strings.Contains(page, by); got != (name == nginx.Waiting || name == nginx.Limited) {
				t.Errorf("%s.%s.html: %s %v", name, language, by, got)
			}
		}
	})
}

func TestPages_SpeakTheGuestsLanguage(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	for _, tt := range []struct{ accept, cookie, want string }{
		{"", "", "en"},
		{"de", "", "de"},
		{"de-AT,en;q=0.5", "", "de"},
		{"en-GB,de;q=0.9", "", "en"},
		{"fr;q=0.9,de;q=0.8,en;q=0.7", "", "de"},
		{"fr, de;q=0.8", "", "de"},
		{"fr-CH", "", "en"},
		{"den,enm", "", "en"},
		{"den,de", "", "de"},
		{"x-de", "", "en"},
		{"*", "", "en"},
		{"../../nginx", "", "en"},
		{strings.Repeat("fr,", 300) + "de", "", "de"},
		{"ar-EG,en;q=0.5", "", "ar"},
		{"arc,de", "", "de"},
		{"de", "chatter-lang=ar", "ar"},
		{"", "chatter=x; chatter-lang=de; a=b", "de"},
		{"de", "chatter-lang=en", "en"},
		{"de", "chatter-lang=tlh", "de"},
		{"de", "chatter-lang=ark", "de"},
		{"de", "x-chatter-lang=ar", "de"},
		{"ar", "chatter-lang=../../nginx", "ar"},
	} {
		h := make(http.Header)
		fields := []string{"Host: " + run.addr}
		for field, value := range map[string]string{"Accept-Language": tt.accept, "Cookie": tt.cookie} {
			if value != "" {
				h.Set(field, value)
				fields = append(fields, field+": "+value)
			}
		}
		if got := nginx.Language(h); got != tt.want {
			t.Errorf("%q, %q: a stand-in shows %q, want %q", tt.accept, tt.cookie, got, tt.want)
		}
		ask := func(line, length string) *http.Response {
			return run.raw(t, append([]string{line, "Content-Length: " + length}, fields...)...)
		}
		wantPageIn(t, ask("GET /index/ HTTP/1.1", "0"), nginx.Waiting, tt.want)
		wantPageIn(t, ask("POST /chat/go/ HTTP/1.1", "0"), nginx.Unsent, tt.want)
		wantPageIn(t, ask("POST /chat/go/ HTTP/1.1", "1000000"), nginx.TooLarge, tt.want)
	}
}
