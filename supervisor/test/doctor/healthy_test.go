package doctor_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"chatter/shared/redisconn"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

// expected are the warnings of a healthy stack: it has no https, and the kernel and the limits
// are those of the machine on which the test runs.
var expected = []string{"descriptors-few", "disk-small", "overcommit-off", "plain-site", "redis-core-dumps", "somaxconn-low", "swap-plain"}

func TestDoctor_FindsNoDangerInAHealthyStack(t *testing.T) {
	s := fixture.Start(t, stack.Options{Env: []string{"CHATTER_PRESENCE_EVERY=1s"}})
	r := examine(t, s)
	if danger := r.kinds("danger"); len(danger) > 0 || r.code != 0 {
		t.Errorf("exit code %d with %+v", r.code, r.Findings)
	}
	for _, warning := range r.kinds("warning") {
		if !slices.Contains(expected, warning) {
			t.Errorf("not expected: %+v", r.Findings)
		}
	}
	if !slices.ContainsFunc(r.Fine, func(area string) bool { return strings.HasPrefix(area, "talk (") }) {
		t.Errorf("no talk: %+v", r)
	}
	showsNobody(t, s)
}

// showsNobody looks whether the lists show the guest who talked, and the room.
func showsNobody(t *testing.T, s *stack.Stack) {
	t.Helper()
	c, err := redisconn.Open(s.RedisURL())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const visitor = "chatterctl doctor"
	fixture.Await(t, "the interval with the visitor is published", func() bool {
		return c.Universal().ZScore(t.Context(), "chatter:recent:users", visitor).Err() == nil
	})
	// A guest who comes after that is shown no earlier than the visitor would be.
	index := func(user string) func() string {
		cookie, err := guest.SignIn(t.Context(), http.DefaultClient, s.URL(), user)
		if err != nil {
			t.Fatal(err)
		}
		return func() string { return get(t, s.URL()+"index/", cookie) }
	}
	zoe, ann := index("Zoe"), index("Ann")
	var page string
	fixture.Await(t, "the index lists a later guest", func() bool {
		zoe()
		page = ann()
		return strings.Contains(page, "Zoe")
	})
	if strings.Contains(page, visitor) {
		t.Error("the index shows the visitor")
	}
	if rooms := c.Universal().ZCard(t.Context(), "chatter:recent:rooms").Val(); rooms != 0 {
		t.Errorf("%d rooms are listed", rooms)
	}
}

func get(t *testing.T, address string, cookie *http.Cookie) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(cookie)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
