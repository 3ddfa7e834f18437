package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"chatter/shared/mutes"
	"chatter/shared/recent"
	"chatter/shared/wire"
)

// operate starts another process on the site's Redis, at which the operator mutes.
func (s *testSite) operate() *mutes.Mutes {
	m := mutes.New(s.client, mutes.Options{Prefix: "chatter:", Every: recent.DefaultEvery, Marks: time.Hour, Now: time.Now})
	m.Start()
	s.t.Cleanup(m.Close)
	return m
}

// A muted author is refused by the form, keeps the text, and is told for how long.
func TestMuted_AuthorIsRefused(t *testing.T) {
	var own *mutes.Mutes
	site := newSite(t, func(c *Config) { own = c.Mutes })
	own.Start()
	t.Cleanup(own.Close)
	operator := site.operate()
	ann, ben := site.guest("Ann"), site.guest("Ben")
	say := func(b *browser, text string, headers ...string) *answer {
		form := url.Values{"message": {text}, "nonce": {string(wire.NewNonce())}}
		return b.do(http.MethodPost, "/chat/x/", strings.NewReader(form.Encode()), append(headers, "Content-Type", "application/x-www-form-urlencoded")...)
	}
	say(ann, "before").want(http.StatusSeeOther)
	b := site.client.Batch()
	page := site.log.Newest(b, mustRoom(t, "x"), 1)
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both have subscribed", func() bool {
		_, err := operator.Mute(t.Context(), mustRoom(t, "x"), page.Entries[0].ID, time.Hour)
		return err == nil
	})
	eventually(t, "the site knows", func() bool { return len(own.InForce()) == 1 })

	for lang, words := range map[string]string{"en": "have muted you for another ", "de": "hat dich stummgeschaltet, noch "} {
		a := say(ann, "while muted", "Accept-Language", lang)
		doc := a.wantPage(http.StatusTooManyRequests)
		if doc.Find("#message").Text() != "while muted" || !strings.Contains(doc.Text(), words+"1 ") && !strings.Contains(doc.Text(), words+"6") {
			t.Errorf("%s: the form holds %q, the page says %s", lang, doc.Find("#message").Text(), doc.Text())
		}
		if seconds, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 3600+300 {
			t.Errorf("Retry-After is %q", a.Header.Get("Retry-After"))
		}
	}
	ann.get("/chat/x/").wantPage(http.StatusOK)
	say(ben, "by another").want(http.StatusSeeOther)
	if got, want := site.texts("x"), []string{"before", "by another"}; !slices.Equal(got, want) {
		t.Errorf("the log holds %q, want %q", got, want)
	}
	if strings.Contains(site.lines.String(), "mute") {
		t.Errorf("the log of requests tells mutes apart:\n%s", site.lines)
	}
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	limit := time.After(hangLimit)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited %v until %s", hangLimit, what)
		}
	}
}
