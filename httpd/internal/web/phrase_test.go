package web

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"chatter/shared/orders"
	"chatter/shared/session"
)

func privateSite(t *testing.T, text string) *testSite {
	p, err := session.ParsePhrase([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return newSite(t, func(c *Config) {
		c.Phrase, c.Keys = p, c.Keys.With(p)
		c.Sessions = orders.NewSessions(c.Redis, "chatter:", c.Keys)
	})
}

func TestPhrase_IsAskedOnce(t *testing.T) {
	b := privateSite(t, "blue heron").browser()
	if b.get("/").wantPage(http.StatusOK).Find("input[name=phrase][type=password]").Length() != 1 {
		t.Error("there is no field for the phrase")
	}
	b.post("/index/", url.Values{"user": {"Ann"}, "phrase": {" Blue heron"}}).wantRedirect(http.StatusSeeOther, "/index/")
	if b.get("/").wantPage(http.StatusOK).Find("input[name=phrase]").Length() != 0 {
		t.Error("a guest with a session is asked again")
	}
	b.post("/index/", url.Values{"user": {"Anna"}}).wantRedirect(http.StatusSeeOther, "/index/")
}

func TestPhrase_WrongOneKeepsWhatWasTyped(t *testing.T) {
	b := privateSite(t, "blue heron").browser()
	for _, phrase := range []string{"", "grey heron"} {
		doc := b.post("/index/", url.Values{"user": {"Ann"}, "phrase": {phrase}, "next": {"/chat/x/"}}).wantPage(http.StatusUnprocessableEntity)
		user, _ := doc.Find("input[name=user]").Attr("value")
		next, _ := doc.Find("input[name=next]").Attr("value")
		if user != "Ann" || next != "/chat/x/" || doc.Find("#phrase-problem").Length() != 1 {
			t.Errorf("phrase %q: the form keeps %q and %q", phrase, user, next)
		}
	}
	doc := b.post("/index/", url.Values{"user": {"a/b"}, "phrase": {"blue heron"}}).wantPage(http.StatusUnprocessableEntity)
	if typed, _ := doc.Find("input[name=phrase]").Attr("value"); typed != "blue heron" {
		t.Errorf("a bad name: the form keeps the phrase %q", typed)
	}
	b.get("/index/").wantRedirect(http.StatusSeeOther, "/")
}

func TestPhrase_OpenSiteDoesNotAsk(t *testing.T) {
	if newSite(t).browser().get("/").wantPage(http.StatusOK).Find("input[name=phrase]").Length() != 0 {
		t.Error("there is a field for a phrase")
	}
}

func TestPhrase_AttemptsOfANetworkAreLimited(t *testing.T) {
	site, now := privateSite(t, "blue heron"), time.Now()
	site.at(now)
	b := site.browser()
	try := func(phrase string) *answer { return b.post("/index/", url.Values{"user": {"Ann"}, "phrase": {phrase}}) }
	for range int(wrongPhraseRate.Burst) {
		try("grey heron").wantPage(http.StatusUnprocessableEntity)
	}
	a := try("blue heron")
	a.wantPage(http.StatusTooManyRequests)
	wait, err := strconv.Atoi(a.Header.Get("Retry-After"))
	if err != nil || wait < 1 || wait > int(1/wrongPhraseRate.PerSecond) {
		t.Fatalf("Retry-After %q", a.Header.Get("Retry-After"))
	}
	site.at(now.Add(time.Duration(wait) * time.Second))
	try("blue heron").wantRedirect(http.StatusSeeOther, "/index/")
}
