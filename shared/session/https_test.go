package session_test

import (
	"net/http"
	"testing"

	"chatter/shared/origin"
	"chatter/shared/session"
)

// Over https the cookie of http does not count: a subdomain or somebody on the line can set it.
// A browser sends the cookies of all ports of a host to each of them.
func TestFromRequest_SchemesAndPortsHaveCookiesOfTheirOwn(t *testing.T) {
	names := map[string]string{
		"http://chat.example.org":       "chatter",
		"https://chat.example.org":      "__Host-chatter",
		"http://chat.example.org:8080":  "chatter-8080",
		"http://chat.example.org:443":   "chatter-443",
		"https://chat.example.org:8443": "__Host-chatter-8443",
		"http://[2001:db8::1]:8081":     "chatter-8081",
	}
	keys := mustKeys(t, newKey)
	ada := session.New(mustUser(t, "Ada"))
	for set, want := range names {
		c := keys.Cookie(ada, issued, mustOrigin(t, set))
		if c.Name != want {
			t.Errorf("%s: the cookie is %q, want %q", set, c.Name, want)
		}
		r := &http.Request{Header: http.Header{"Cookie": {c.Name + "=" + c.Value}}}
		for read := range names {
			_, err := keys.FromRequest(r, issued, mustOrigin(t, read))
			wantVerdict(t, err, read == set)
		}
	}
}

// A client chooses the Host header.
func TestCookieName_HasOnlyAPortThatIsANumber(t *testing.T) {
	for _, host := range []string{"", "chat", "[::1]", "chat:", "chat:80;80", "chat:8=0", "chat:http", "a:1:2", "chat:1 2"} {
		if got := session.CookieName(origin.Origin{Scheme: "http", Host: host}); got != "chatter" {
			t.Errorf("%q: the cookie is %q, want chatter", host, got)
		}
	}
}

func mustOrigin(t *testing.T, s string) origin.Origin {
	t.Helper()
	o, err := origin.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return o
}
