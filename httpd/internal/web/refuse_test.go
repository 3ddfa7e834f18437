package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"chatter/shared/refuse"
)

func TestRefuse_NamesAreNotAdmitted(t *testing.T) {
	names, err := refuse.Parse("Bad Name\n/^admin/\n")
	if err != nil {
		t.Fatal(err)
	}
	site := newSite(t, func(c *Config) {
		c.Refused = names
		c.Sessions.Refuse(names.User)
	})
	for _, user := range []string{"bad  name", "Administrator"} {
		doc := site.browser().post("/index/", url.Values{"user": {user}}).wantPage(http.StatusUnprocessableEntity)
		if text := doc.Find("form").Text(); !strings.Contains(text, "This name cannot be used here.") {
			t.Errorf("%s: %q", user, text)
		}
		if typed, _ := doc.Find("[name=user]").Attr("value"); typed != user {
			t.Errorf("%s: the field has %q", user, typed)
		}
	}
	b := site.guest("Ann")
	for _, path := range []string{"/chat/BAD%20NAME/", "/chat/admin/", "/chat/admin/log/", "/chat/admin/messages/", "/chat/admin/qr/"} {
		b.get(path).want(http.StatusNotFound)
	}
	b.post("/chat/admin/", url.Values{"message": {"x"}, "nonce": {"0123456789abcdef"}}).want(http.StatusNotFound)
	b.get("/chat/?room=admin").want(http.StatusUnprocessableEntity)
	b.get("/chat/good/").want(http.StatusOK)

	// A session from before the name was refused.
	free := newSite(t).guest("Bad Name")
	old := site.browser()
	here, err := url.Parse(old.base)
	if err != nil {
		t.Fatal(err)
	}
	old.client.Jar.SetCookies(here, free.client.Jar.Cookies(here)) // cookies know no ports
	old.get("/index/").wantRedirect(http.StatusSeeOther, "/")
}
