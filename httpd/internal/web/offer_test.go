package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// offered returns the name that the form offers, as the browser sends it.
func offered(t *testing.T, doc *goquery.Document) string {
	t.Helper()
	offer, _ := doc.Find("form[action='/index/'] input[name=offer][type=hidden]").Attr("value")
	field := doc.Find("#user")
	if shown, _ := field.Attr("placeholder"); shown != offer {
		t.Errorf("the field shows %q, and the form sends %q", shown, offer)
	}
	if _, required := field.Attr("required"); required == (offer != "") {
		t.Errorf("a name is required: %v, and %q is offered", required, offer)
	}
	if said := strings.Contains(textOf(doc, "#user-hint"), offer); !said {
		t.Errorf("the hint does not name %q", offer)
	}
	return offer
}

func TestOffer_IsTheNameOfAGuestWhoEntersNone(t *testing.T) {
	site := newSite(t)
	for _, l := range languages(t) {
		b := site.browser()
		offer := offered(t, b.get("/?next=/chat/x/", "Accept-Language", l.Lang).wantPage(http.StatusOK))
		if !slices.Contains(l.Names, offer) {
			t.Errorf("%s: %q is offered", l.Lang, offer)
		}
		b.post("/index/", url.Values{"user": {""}, "offer": {offer}, "next": {"/chat/x/"}}).wantRedirect(http.StatusSeeOther, "/chat/x/")
		doc := b.get("/").wantPage(http.StatusOK)
		if got := textOf(doc, ".account-name"); got != offer {
			t.Errorf("signed in as %q, want %q", got, offer)
		}
		// Enter must not change the name of a guest who has one.
		if again := offered(t, doc); again != "" {
			t.Errorf("a guest with a name is offered %q", again)
		}
	}
}

func TestOffer_IsAnotherOneForEachGuest(t *testing.T) {
	b := newSite(t).browser()
	seen := make(map[string]bool)
	for range 40 {
		seen[offered(t, b.get("/").wantPage(http.StatusOK))] = true
	}
	if len(seen) < 30 { // of thousands
		t.Errorf("of 40 offers %d are different", len(seen))
	}
}

func TestOffer_StaysUntilTheGuestIsIn(t *testing.T) {
	b := privateSite(t, "blue heron").browser()
	form := url.Values{"user": {""}, "offer": {"Quiet Heron"}, "phrase": {"grey heron"}}
	if offer := offered(t, b.post("/index/", form).wantPage(http.StatusUnprocessableEntity)); offer != "Quiet Heron" {
		t.Errorf("after a wrong phrase the offer is %q", offer)
	}
	form.Set("phrase", "blue heron")
	b.post("/index/", form).wantRedirect(http.StatusSeeOther, "/index/")
	if got := textOf(b.get("/").wantPage(http.StatusOK), ".account-name"); got != "Quiet Heron" {
		t.Errorf("signed in as %q", got)
	}
}

func TestOffer_ATypedNameCounts(t *testing.T) {
	b := newSite(t).browser()
	for _, user := range []string{" ", "a/b"} {
		doc := b.post("/index/", url.Values{"user": {user}, "offer": {"Quiet Heron"}}).wantPage(http.StatusUnprocessableEntity)
		if offer := offered(t, doc); offer != "Quiet Heron" || textOf(doc, "#user-problem") == "" {
			t.Errorf("after %q the offer is %q, and the problem is %q", user, offer, textOf(doc, "#user-problem"))
		}
	}
	for _, offer := range []string{"a/b", "\xff", strings.Repeat("x", 300)} {
		b.post("/index/", url.Values{"user": {""}, "offer": {offer}}).wantPage(http.StatusUnprocessableEntity)
	}
	b.post("/index/", url.Values{"user": {"Ann"}, "offer": {"Quiet Heron"}}).wantRedirect(http.StatusSeeOther, "/index/")
	if got := textOf(b.get("/").wantPage(http.StatusOK), ".account-name"); got != "Ann" {
		t.Errorf("signed in as %q", got)
	}
}
