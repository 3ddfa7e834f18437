package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"chatter/shared/limits"
	"chatter/shared/wire"
)

// sayJSON sends the form as a page's script does.
func (b *browser) sayJSON(path string, form url.Values) *answer {
	b.t.Helper()
	return b.do(http.MethodPost, path, strings.NewReader(form.Encode()),
		"Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json")
}

func said(message string, nonce wire.Nonce) url.Values {
	return url.Values{"message": {message}, "nonce": {string(nonce)}}
}

func readJSON[T any](t *testing.T, a *answer, status int) (v T) {
	t.Helper()
	a.want(status)
	if got := a.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
	d := json.NewDecoder(strings.NewReader(a.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	return v
}

func TestSayJSON_GivesTheIDOnceForEachNonce(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	const path = "/chat/who%3F%20me/"
	nonce := wire.NewNonce()
	first := readJSON[stored](t, b.sayJSON(path, said("  hi\r\nthere ", nonce)), http.StatusOK)
	for range 2 {
		a := b.sayJSON(path, said("  hi\r\nthere ", nonce))
		if again := readJSON[stored](t, a, http.StatusOK); again != first {
			t.Errorf("stored under %v and %v", first, again)
		}
		if cookies := a.Header.Values("Set-Cookie"); len(cookies) > 0 {
			t.Errorf("no page follows, but a cookie for it: %q", cookies)
		}
	}
	second := readJSON[stored](t, b.sayJSON(path, said("more", wire.NewNonce())), http.StatusOK)
	var got historyPage
	if err := json.Unmarshal([]byte(b.get(path+"messages/").want(http.StatusOK).body), &got); err != nil {
		t.Fatal(err)
	}
	if want := []historyMessage{{first.ID, "hi\nthere"}, {second.ID, "more"}}; !slices.Equal(got.Messages, want) {
		t.Errorf("the log has %v, want %v", got.Messages, want)
	}
}

func TestSayJSON_RefusesWithTheCodesOfTheWire(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	good := wire.NewNonce()
	for _, tt := range []struct {
		form url.Values
		code wire.Code
	}{
		{said("", good), wire.CodeEmpty},
		{said(" \n ", good), wire.CodeEmpty},
		{said(strings.Repeat("x", wire.MaxTextClusters+1), good), wire.CodeTooLong},
		{said("a\x01", good), wire.CodeBadText},
		{said("a\xff", good), wire.CodeBadText},
		{said("hello", "short"), wire.CodeBadNonce},
		{url.Values{"message": {"hello"}}, wire.CodeBadNonce},
	} {
		got := readJSON[refusal](t, b.sayJSON("/chat/x/", tt.form), http.StatusUnprocessableEntity)
		if got.Code != tt.code || got.Detail == "" || got.RetryAfter != 0 {
			t.Errorf("%.20q: %+v, want %s", tt.form, got, tt.code)
		}
	}
	if got := site.texts("x"); len(got) > 0 {
		t.Errorf("the log holds %q", got)
	}
	b.sayJSON("/chat/%2F/", said("hello", good)).want(http.StatusNotFound)
	readJSON[jsonError](t, site.browser().sayJSON("/chat/x/", said("hello", good)), http.StatusUnauthorized)
}

func TestSayJSON_TooFastSaysWhenToComeAgain(t *testing.T) {
	site := newSite(t, limited(limits.ForPages(5, 20)))
	site.at(time.Now())
	b := site.guest("Ann")
	nonce := wire.NewNonce()
	var a *answer
	for range 4 {
		a = b.sayJSON("/chat/x/", said("hello", nonce))
	}
	got := readJSON[refusal](t, a, http.StatusTooManyRequests)
	if got.Code != wire.CodeRateLimited || time.Duration(got.RetryAfter)*time.Second != waitOf(t, a) {
		t.Errorf("%+v, Retry-After %q", got, a.Header.Get("Retry-After"))
	}
}

func TestSayJSON_WithoutRedisSaysWhenToComeAgain(t *testing.T) {
	site := newSite(t)
	site.impatient()
	b := site.guest("Ann")
	nonce := wire.NewNonce()
	site.redis.Close()
	a := b.sayJSON("/chat/x/", said("hello", nonce))
	got := readJSON[refusal](t, a, http.StatusServiceUnavailable)
	if got.Code != wire.CodeUnavailable || time.Duration(got.RetryAfter)*time.Second != waitOf(t, a) {
		t.Errorf("%+v, Retry-After %q", got, a.Header.Get("Retry-After"))
	}
}
