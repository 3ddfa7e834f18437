package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	site := newSite(t)
	id := site.say("x", "spam").String()
	ann := site.guest("Ann")
	const path = "/chat/x/report/"
	const script = "application/json"
	form := url.Values{"id": {id}}
	ann.post(path, form, "Accept", script).want(http.StatusNoContent)
	ann.post(path, form).wantRedirect(http.StatusSeeOther, "/chat/x/")
	ann.post(path, url.Values{"id": {"5-0"}}, "Accept", script).want(http.StatusNoContent)
	ann.post(path, url.Values{"id": {"x"}}, "Accept", script).want(http.StatusBadRequest)
	ann.post(path, url.Values{}).wantPage(http.StatusBadRequest)
	ann.post(path, form, "Sec-Fetch-Site", "cross-site").want(http.StatusForbidden)
	site.browser().post(path, form).wantRedirect(http.StatusSeeOther, "/?next=%2Fchat%2Fx%2F")
	site.browser().post(path, form, "Accept", script).want(http.StatusUnauthorized)

	// Without scripts.
	log := ann.get("/chat/x/log/").wantPage(http.StatusOK)
	next, _ := log.Find("form[action='/chat/x/report/'] [name=next]").Attr("value")
	a := ann.post(path, url.Values{"id": {id}, "next": {next}}).wantRedirect(http.StatusSeeOther, "/chat/x/log/?notice=reported")
	doc := ann.get(a.Header.Get("Location")).wantPage(http.StatusOK)
	if thanks := textOf(doc, ".edge[role=status]"); !strings.HasPrefix(thanks, "Thank you.") {
		t.Errorf("the guest reads %q", thanks)
	}
	if refresh, _ := doc.Find("meta[http-equiv=refresh]").Attr("content"); refresh != "5;url=/chat/x/log/" {
		t.Errorf("the page goes on to %q", refresh)
	}
	if got := all(doc, "#log p"); !slices.Equal(got, []string{"spam"}) {
		t.Errorf("the guest who reports still sees %q", got)
	}
	older := ann.get("/chat/x/log/?before=9999999999999-0").wantPage(http.StatusOK)
	next, _ = older.Find("[name=next]").Attr("value")
	ann.post(path, url.Values{"id": {id}, "next": {next}}).wantRedirect(http.StatusSeeOther, "/chat/x/log/?before=9999999999999-0&notice=reported")
	if doc := ann.get("/chat/x/log/?notice=%3Cb%3E").wantPage(http.StatusOK); doc.Find("[role=status]").Length() != 0 {
		t.Error("an address writes a notice of its own")
	}

	for range 30 {
		ann.post(path, form, "Accept", script)
	}
	refused := ann.post(path, form, "Accept", script, "Accept-Language", "de").want(http.StatusTooManyRequests)
	if !strings.Contains(refused.body, "Aus deinem Netz") {
		t.Errorf("the guest reads %s", refused.body)
	}
	ann.post(path, url.Values{"id": {id}, "next": {next}}).wantRedirect(http.StatusSeeOther, "/chat/x/log/?before=9999999999999-0&notice=too_many")

	site.Reports.Start()
	site.Reports.Close() // writes them
	phone := site.moderator("Mia")
	doc = phone.get("/moderator/").wantPage(http.StatusOK)
	if got := strings.Join(strings.Fields(textOf(doc, ".reports")), " "); got != "x · 19 reports, from at least 1 network spam Moderate this message" {
		t.Errorf("the moderator sees %q", got)
	}
	site.redis.Close()
	ann.post(path, form, "Accept", script).want(http.StatusTooManyRequests) // Redis is not asked
	phone.get("/moderator/").wantPage(http.StatusServiceUnavailable)
}
