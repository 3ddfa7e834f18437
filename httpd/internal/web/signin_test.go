package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"chatter/shared/session"
)

func TestSignIn_AsksForAName(t *testing.T) {
	doc := newSite(t).browser().get("/").wantPage(http.StatusOK)
	form := doc.Find(`form[method=post][action="/index/"]`)
	if form.Find("input[name=user]").Length() != 1 {
		t.Error("there is no field for the name")
	}
	if doc.Find("input[name=next]").Length() != 0 || doc.Find(".known").Length() != 0 || doc.Find("#signout").Length() != 0 {
		t.Error("the form knows more than the guest said")
	}
}

func TestSignIn_GoesOnToNext(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	for _, tt := range []struct{ next, want string }{
		{"/chat/go%20fans/", "/chat/go%20fans/"},
		{"", "/index/"},
		{"//evil.example/", "/index/"},
		{"https://evil.example/", "/index/"},
		{`/\evil.example`, "/index/"},
	} {
		doc := b.get("/?next=" + url.QueryEscape(tt.next)).wantPage(http.StatusOK)
		kept, _ := doc.Find("input[name=next]").Attr("value")
		if want := strings.TrimSuffix(tt.want, "/index/"); kept != want {
			t.Errorf("next %q: the form keeps %q, want %q", tt.next, kept, want)
		}
		site.browser().post("/index/", url.Values{"user": {"Ann"}, "next": {tt.next}}).wantRedirect(http.StatusSeeOther, tt.want)
	}
}

func TestSignIn_ANameMustShowSomething(t *testing.T) {
	site := newSite(t)
	for lang, want := range map[string]string{
		"en": "A name must show something: this one has only spaces or invisible characters.",
		"ar": "يجب أن يظهر من الاسم شيء: ليس في هذا الاسم إلا مسافات أو محارف غير مرئية.",
		"de": "Ein Name muss zu sehen sein: Dieser hat nur Leerzeichen oder unsichtbare Zeichen.",
	} {
		doc := site.browser().post("/index/", url.Values{"user": {"\u2800\u2800"}}, "Accept-Language", lang).wantPage(http.StatusUnprocessableEntity)
		if !strings.Contains(doc.Text(), want) {
			t.Errorf("%s: the page does not say why", lang)
		}
	}
}

func TestSignIn_TheHeadingIsTheRoomThatComesNext(t *testing.T) {
	b := newSite(t).browser()
	const none = "Who are you, roughly?"
	for _, tt := range []struct{ next, heading string }{
		{"", none},
		{"/index/", none},
		{"/chat/", none},
		{"/chat/a%2Fb/", none},
		{"/chat/who%3F%20me&you/", "who? me&you"},
		{"/chat/%20go%20%20fans/", "go fans"},
		{"/chat/<b>/", "<b>"},
	} {
		doc := b.get("/?next=" + url.QueryEscape(tt.next)).wantPage(http.StatusOK)
		if got := textOf(doc, "h1"); got != tt.heading {
			t.Errorf("next %q: the heading is %q, want %q", tt.next, got, tt.heading)
		}
		if named := strings.HasPrefix(textOf(doc, "title"), tt.heading+" "); named != (tt.heading != none) {
			t.Errorf("next %q: the title is %q", tt.next, textOf(doc, "title"))
		}
		// A search engine that comes by a room's link must not keep its name.
		if hidden := doc.Find("meta[name=robots][content=noindex]").Length() > 0; hidden != (tt.next != "") {
			t.Errorf("next %q: left out by search engines: %v", tt.next, hidden)
		}
	}
}

func TestSignIn_SetsTheCookie(t *testing.T) {
	site := newSite(t)
	for _, tt := range []struct {
		header []string
		scheme string
	}{
		{nil, "http"},
		{[]string{"X-Forwarded-Proto", "http"}, "http"},
		{[]string{"X-Forwarded-Proto", "https"}, "https"},
	} {
		a := site.browser().post("/index/", url.Values{"user": {"  Ann  Ōe "}}, tt.header...).want(http.StatusSeeOther)
		cookies := a.Cookies()
		if len(cookies) != 1 {
			t.Fatalf("%d cookies", len(cookies))
		}
		c := cookies[0]
		if c.Name != session.CookieName(site.seen(tt.scheme)) || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure != (tt.scheme == "https") {
			t.Errorf("with %v: cookie %v", tt.header, c)
		}
	}
	doc := site.guest("  Ann  Ōe ").get("/").wantPage(http.StatusOK)
	if got := textOf(doc, ".account-name"); got != "Ann Ōe" {
		t.Errorf("signed in as %q", got)
	}
}

func TestSignIn_ABadNameComesBackWithTheReason(t *testing.T) {
	site := newSite(t)
	for _, user := range []string{"", "   ", "a/b", "..", strings.Repeat("x", 26), "a\x00b", `<script>"/`} {
		a := site.browser().post("/index/", url.Values{"user": {user}, "next": {"/chat/x/"}})
		doc := a.wantPage(http.StatusUnprocessableEntity)
		if textOf(doc, "#user-problem") == "" {
			t.Errorf("%q: no reason beside the field", user)
		}
		if got, _ := doc.Find("#user").Attr("value"); got != strings.ReplaceAll(user, "\x00", "\uFFFD") {
			t.Errorf("%q: the field holds %q", user, got)
		}
		if got, _ := doc.Find("input[name=next]").Attr("value"); got != "/chat/x/" {
			t.Errorf("%q: next is %q", user, got)
		}
		if len(a.Cookies()) > 0 {
			t.Errorf("%q: a cookie is set", user)
		}
	}
}

func TestSignIn_OffersToGoOnOrToChange(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	doc := b.get("/?next=/chat/x/").wantPage(http.StatusOK)
	if !strings.Contains(textOf(doc, ".known"), "Ann") {
		t.Error("does not know the guest")
	}
	if href, _ := doc.Find(".known a").Attr("href"); href != "/chat/x/" {
		t.Errorf("goes on to %q", href)
	}
	b.post("/index/", url.Values{"user": {"Bob"}}).want(http.StatusSeeOther)
	if got := textOf(b.get("/").wantPage(http.StatusOK), ".account-name"); got != "Bob" {
		t.Errorf("changed to %q", got)
	}
}

func TestSignOut_ForgetsTheSession(t *testing.T) {
	b := newSite(t).guest("Ann")
	b.get("/index/").want(http.StatusOK)
	b.post("/signout/", nil).wantRedirect(http.StatusSeeOther, "/")
	b.get("/index/").wantRedirect(http.StatusSeeOther, "/")
}

func TestSession_AForgedCookieIsNone(t *testing.T) {
	site := newSite(t)
	for _, value := range []string{"x", "x.y", "MS4x.", strings.Repeat("A", 4000)} {
		site.browser().get("/index/", "Cookie", session.CookieName(site.seen("http"))+"="+value).wantRedirect(http.StatusSeeOther, "/")
	}
}

// Over http a subdomain can set a second cookie of the name, and none of the two counts. The
// sign-in ends both sessions, so that the guest is not asked again and again.
func TestSignIn_WithTwoSessionsEndsBoth(t *testing.T) {
	site := newSite(t)
	ann, planted := site.signedIn("Ann"), site.signedIn("Eve")
	b := site.browserWith(ann, planted)
	b.wantSignedOut(site)
	a := b.post("/index/", url.Values{"user": {"Ann"}}).wantRedirect(http.StatusSeeOther, "/index/")
	site.browserWith(planted, a.Cookies()[0]).get("/index/").want(http.StatusOK)
	site.browserWith(ann).wantSignedOut(site)
	site.browserWith(planted).wantSignedOut(site)
}

func TestSignOut_WithTwoSessionsEndsBoth(t *testing.T) {
	site := newSite(t)
	ann, planted := site.signedIn("Ann"), site.signedIn("Eve")
	site.browserWith(ann, planted).post("/signout/", nil).wantRedirect(http.StatusSeeOther, "/")
	site.browserWith(ann).wantSignedOut(site)
	site.browserWith(planted).wantSignedOut(site)
}

// A browser sends the cookies of a host to all its ports.
func TestSignIn_TwoSitesOnOneHostDoNotSignEachOtherOut(t *testing.T) {
	first, second := newSite(t), newSite(t)
	b := first.guest("Ann")
	there := second.browser()
	there.client.Jar = b.client.Jar
	there.post("/index/", url.Values{"user": {"Ben"}}).want(http.StatusSeeOther)
	there.post("/signout/", nil).want(http.StatusSeeOther)
	b.get("/index/").want(http.StatusOK)
}
