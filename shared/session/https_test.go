package session_test

import (
	"net/http"
	"testing"

	"chatter/shared/session"
)

// Over https the cookie of http does not count: a subdomain or somebody on the line can set it.
func TestFromRequest_HTTPAndHTTPSHaveCookiesOfTheirOwn(t *testing.T) {
	keys := mustKeys(t, newKey)
	ada := session.New(mustUser(t, "Ada"))
	for _, set := range []bool{true, false} {
		c := keys.Cookie(ada, issued, set)
		if want := map[bool]string{true: "__Host-chatter", false: "chatter"}[set]; c.Name != want {
			t.Errorf("secure=%v: the cookie is %q, want %q", set, c.Name, want)
		}
		r := &http.Request{Header: http.Header{"Cookie": {c.Name + "=" + c.Value}}}
		for _, read := range []bool{true, false} {
			_, err := keys.FromRequest(r, issued, read)
			wantVerdict(t, err, read == set)
		}
	}
}
