package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"chatter/shared/limits"
	"chatter/shared/wire"

	"github.com/PuerkitoBio/goquery"
)

// formOf is what the room page's form would send with the text in it.
func formOf(doc *goquery.Document, message string) url.Values {
	nonce, _ := doc.Find("form#say input[name=nonce]").Attr("value")
	return url.Values{"message": {message}, "nonce": {nonce}}
}

func TestSay_StoresAndComesBack(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	const path = "/chat/who%3F%20me/"
	message := "<b>hi</b>\r\n  there 👋  "
	b.post(path, formOf(b.get(path).wantPage(http.StatusOK), message)).wantRedirect(http.StatusSeeOther, path)
	doc := b.get(path).wantPage(http.StatusOK)
	if got := all(doc, "#log p"); !slices.Equal(got, []string{"<b>hi</b>\n  there 👋"}) {
		t.Errorf("the room shows %q", got)
	}
	if got := doc.Find("#message").Text(); strings.TrimSpace(got) != "" {
		t.Errorf("the field still holds %q", got)
	}
}

func TestSay_ADoubleSubmitIsStoredOnce(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	first := b.get("/chat/x/").wantPage(http.StatusOK)
	second := b.get("/chat/x/").wantPage(http.StatusOK)
	if formOf(first, "").Get("nonce") == formOf(second, "").Get("nonce") {
		t.Error("two forms have one nonce")
	}
	for range 3 {
		b.post("/chat/x/", formOf(first, "once")).wantRedirect(http.StatusSeeOther, "/chat/x/")
	}
	if got := site.texts("x"); !slices.Equal(got, []string{"once"}) {
		t.Errorf("the log holds %q", got)
	}
	b.post("/chat/x/", formOf(second, "once")).want(http.StatusSeeOther)
	if got := site.texts("x"); !slices.Equal(got, []string{"once", "once"}) {
		t.Errorf("the log holds %q", got)
	}
}

func TestSay_AnotherTextInAnOldFormIsNotSwallowed(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	doc := b.get("/chat/x/").wantPage(http.StatusOK)
	for _, message := range []string{"one", "two", "two", "one"} {
		b.post("/chat/x/", formOf(doc, message)).want(http.StatusSeeOther)
	}
	if got := site.texts("x"); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("the log holds %q", got)
	}
}

func TestSay_WhatIsRefusedStaysInTheField(t *testing.T) {
	site := newSite(t)
	site.say("x", "before")
	b := site.guest("Ann")
	good := string(wire.NewNonce())
	for _, tt := range []struct{ name, message, nonce, keeps string }{
		{"empty", "", good, good},
		{"blank", " \r\n ", good, good},
		{"long", strings.Repeat("x", wire.MaxTextClusters+1), good, good},
		{"control", "a\x01</textarea><script>", good, good},
		{"marks", "a" + strings.Repeat("\u0301", 30), good, good},
		{"bad UTF-8", "a\xff", good, good},
		{"no nonce", "hello", "", ""},
		{"bad nonce", "hello", "short", ""},
		{"nonce with a space", "hello", "0123456789 abcdef", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := b.post("/chat/x/", url.Values{"message": {tt.message}, "nonce": {tt.nonce}})
			doc := a.wantPage(http.StatusUnprocessableEntity)
			if textOf(doc, "#say-problem") == "" {
				t.Error("no reason beside the field")
			}
			typed := strings.ReplaceAll(strings.ToValidUTF8(tt.message, "\uFFFD"), "\r\n", "\n")
			if got := doc.Find("#message").Text(); strings.TrimPrefix(got, "\n") != typed {
				t.Errorf("the field holds %q, want %q", got, typed)
			}
			nonce := formOf(doc, "").Get("nonce")
			if _, err := wire.ParseNonce(nonce); err != nil || (tt.keeps != "" && nonce != tt.keeps) {
				t.Errorf("the form has nonce %q", nonce)
			}
			if got := all(doc, "#log p"); !slices.Equal(got, []string{"before"}) {
				t.Errorf("the room shows %q", got)
			}
		})
	}
	if got := site.texts("x"); !slices.Equal(got, []string{"before"}) {
		t.Errorf("the log holds %q", got)
	}
	b.post("/chat/x/", url.Values{"nonce": {good}}).want(http.StatusUnprocessableEntity)
	b.do(http.MethodPost, "/chat/x/", strings.NewReader(`{"message":"x"}`), "Content-Type", "application/json").want(http.StatusUnprocessableEntity)
	b.do(http.MethodPost, "/chat/x/", strings.NewReader(`message=%zz`), "Content-Type", "application/x-www-form-urlencoded").wantPage(http.StatusBadRequest)
}

// The text of each refusal comes from package text.
func TestSay_RefusesInTheGuestsLanguage(t *testing.T) {
	site := newSite(t, func(c *Config) { c.Limiter = limiterOf(limits.ForPages(0.001, 1)) })
	b := site.guest("Ann")
	const form = "application/x-www-form-urlencoded"
	good := string(wire.NewNonce())
	refusals := []struct {
		name, contentType, body string
		status                  int
		key                     string
	}{
		{"no nonce", form, "message=x", 422, "say.incomplete"},
		{"bad nonce", form, "message=x&nonce=short", 422, "say.incomplete"},
		{"no form", "application/json", `{"message":"x"}`, 422, "say.incomplete"},
		{"a bad form", form, "message=%zz", 400, "error.400.detail"},
		{"a large form", form, "message=" + strings.Repeat("x", maxBodyBytes), 413, "error.413.detail"},
		{"empty", form, "message=+&nonce=" + good, 422, "say.empty"},
		{"nothing to see", form, "message=%E2%A0%80%EF%B8%8F&nonce=" + good, 422, "say.empty"},
		{"control", form, "message=a%01&nonce=" + good, 422, "say.bad_text"},
		{"long", form, "message=" + strings.Repeat("x", wire.MaxTextClusters+1) + "&nonce=" + good, 422, "say.too_long"},
		{"the first is stored", form, "message=x&nonce=" + good, 303, ""},
		{"too fast", form, "message=x&nonce=" + string(wire.NewNonce()), 429, "say.too_fast"},
		{"too fast", form, "message=x&nonce=" + string(wire.NewNonce()), 429, "say.too_fast"},
	}
	all := languages(t)
	for _, l := range all {
		for _, tt := range refusals {
			if tt.status == 303 && l != all[0] {
				continue
			}
			a := b.do(http.MethodPost, "/chat/x/", strings.NewReader(tt.body), "Content-Type", tt.contentType, "Accept-Language", l.Lang).want(tt.status)
			if tt.key == "" {
				continue
			}
			doc := a.wantPage(tt.status)
			n := wire.MaxTextClusters
			if tt.status == http.StatusTooManyRequests {
				n, _ = strconv.Atoi(a.Header.Get("Retry-After"))
			}
			want := l.Text(tt.key, "n", n, "kib", wire.MaxTextBytes>>10)
			if got := textOf(doc, "#say-problem, #error .lead"); got != want {
				t.Errorf("%s, %s: %q, want %q", l.Lang, tt.name, got, want)
			}
		}
	}
	a := b.post("/chat/x/", url.Values{}, "Sec-Fetch-Site", "cross-site", "Accept-Language", "de").wantPage(http.StatusForbidden)
	if got := textOf(a, "#error .lead"); got != site.languages.Choose("de").Text("error.403.detail") {
		t.Errorf("from another site: %q", got)
	}
}

func TestSay_TooFastIsRefusedForTheSessionAlone(t *testing.T) {
	site := newSite(t, func(c *Config) { c.Limiter = limiterOf(limits.ForPages(0.5, 2)) })
	site.at(time.Now())
	ann, bob := site.guest("Ann"), site.guest("Bob")
	say := func(b *browser, message string) *answer {
		return b.post("/chat/x/", url.Values{"message": {message}, "nonce": {string(wire.NewNonce())}})
	}
	say(ann, "1").want(http.StatusSeeOther)
	say(ann, "2").want(http.StatusSeeOther)
	a := say(ann, "3")
	doc := a.wantPage(http.StatusTooManyRequests)
	if got := a.Header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q", got)
	}
	if got := strings.TrimSpace(doc.Find("#message").Text()); got != "3" {
		t.Errorf("the field holds %q", got)
	}
	if textOf(doc, "#say-problem") == "" {
		t.Error("no reason beside the field")
	}
	say(bob, "4").want(http.StatusSeeOther)
	site.at(time.Now().Add(10 * time.Second))
	b := formOf(doc, "3")
	ann.post("/chat/x/", b).want(http.StatusSeeOther)
	if got := site.texts("x"); !slices.Equal(got, []string{"1", "2", "4", "3"}) {
		t.Errorf("the log holds %q", got)
	}
}

func TestSay_NeedsASession(t *testing.T) {
	site := newSite(t)
	site.browser().post("/chat/x/", url.Values{"message": {"x"}, "nonce": {string(wire.NewNonce())}}).
		wantRedirect(http.StatusSeeOther, "/?next=%2Fchat%2Fx%2F")
	if got := site.texts("x"); len(got) > 0 {
		t.Errorf("the log holds %q", got)
	}
}

func TestSay_AnotherSpellingIsTheSameRoom(t *testing.T) {
	site := newSite(t)
	site.guest("Ann").post("/chat/%20go%20%20fans/", url.Values{"message": {"hi"}, "nonce": {string(wire.NewNonce())}}).
		wantRedirect(http.StatusSeeOther, "/chat/go%20fans/")
	if got := site.texts("Go Fans"); !slices.Equal(got, []string{"hi"}) {
		t.Errorf("the log holds %q", got)
	}
}

func TestSay_WithoutRedisKeepsTheFormAndItsNonce(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	form := formOf(b.get("/chat/x/").wantPage(http.StatusOK), "keep me")
	site.Site.Redis = nil // only the log may be asked
	patient := site.Site.Log
	site.impatient()
	site.redis.Close()
	a := b.post("/chat/x/", form)
	doc := a.wantPage(http.StatusServiceUnavailable)
	if a.Header.Get("Retry-After") == "" || textOf(doc, "#say-problem") == "" {
		t.Error("the guest is not told to try again")
	}
	if doc.Find("meta[http-equiv=refresh]").Length() > 0 {
		t.Error("the page throws away what was typed")
	}
	again := formOf(doc, strings.TrimSpace(doc.Find("#message").Text()))
	if again.Encode() != form.Encode() {
		t.Errorf("the form is %v, was %v", again, form)
	}
	if err := site.redis.Restart(); err != nil {
		t.Fatal(err)
	}
	site.Site.Log = patient
	b.post("/chat/x/", again).want(http.StatusSeeOther)
	if got := site.texts("x"); !slices.Equal(got, []string{"keep me"}) {
		t.Errorf("the log holds %q", got)
	}
}

func TestSay_RefusedWithoutRedisKeepsTheText(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	site.redis.Close()
	doc := b.post("/chat/x/", url.Values{"message": {"keep me"}}).wantPage(http.StatusUnprocessableEntity)
	if got := strings.TrimSpace(doc.Find("#message").Text()); got != "keep me" {
		t.Errorf("the field holds %q", got)
	}
}
