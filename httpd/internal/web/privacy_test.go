package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"chatter/shared/session"
)

// Pages say how long things are kept, as --retention and the code have it.
func TestPrivacy_SaysHowLongThingsAreKept(t *testing.T) {
	for retention, words := range map[time.Duration][6]string{
		24 * time.Hour:      {"24 hours", "24 hours", "24 Stunden", "24 Stunden", "24 ساعة", "24 ساعة"},
		10 * time.Second:    {"10 seconds", "10 seconds", "10 Sekunden", "10 Sekunden", "10 ثوانٍ", "10 ثوانٍ"},
		time.Hour:           {"1 hour", "1 hour", "1 Stunde", "1 Stunde", "ساعة واحدة", "ساعة واحدة"},
		30 * 24 * time.Hour: {"30 days", "24 hours", "30 Tage", "24 Stunden", "30 يومًا", "24 ساعة"},
	} {
		site := newSite(t, func(c *Config) { c.Retention = retention })
		for i, lang := range []string{"en", "de", "ar"} {
			messages, names := words[2*i], words[2*i+1]
			page := site.browser().get("/privacy/", "Accept-Language", lang).wantPage(http.StatusOK)
			room := site.guest("Ann").get("/chat/x/", "Accept-Language", lang).wantPage(http.StatusOK)
			main := textOf(page, "main")
			cookie := map[string]string{"en": "for %d days", "de": "%d Tage lang", "ar": "لمدة %d يومًا"}[lang]
			for _, want := range []string{" " + messages + " ", " " + names + " ", fmt.Sprintf(cookie, int(session.Lifetime.Hours()/24))} {
				if !strings.Contains(main, want) {
					t.Errorf("%v, %s: %q is not in %q", retention, lang, want, main)
				}
			}
			if strings.Contains(main, "{") {
				t.Errorf("%v, %s: a place is left in %q", retention, lang, main)
			}
			if n := page.Find("main section").Length(); n != 5 {
				t.Errorf("%v, %s: %d sections", retention, lang, n)
			}
			if got := textOf(room, "#start"); !strings.Contains(got, " "+messages+".") {
				t.Errorf("%v, %s: %q is not in %q", retention, lang, messages, got)
			}
			if got, _ := room.Find("#room").Attr("data-retention"); got != fmt.Sprint(retention.Milliseconds()) {
				t.Errorf("data-retention is %s", got)
			}
		}
	}
}

func TestPrivacy_IsReachedFromEveryPageAndFromARoom(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	for _, address := range []string{"/", "/index/", "/chat/x/", "/nothing"} {
		a := b.get(address)
		if n := a.wantPage(a.StatusCode).Find("a[href='/privacy/']").Length(); n != 1 {
			t.Errorf("%s: %d links", address, n)
		}
	}
	if a := b.get("/privacy").want(http.StatusMovedPermanently); a.Header.Get("Location") != "/privacy/" {
		t.Errorf("/privacy leads to %q", a.Header.Get("Location"))
	}
}
