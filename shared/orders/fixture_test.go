package orders

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/origin"
	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/session"

	"github.com/alicebob/miniredis/v2"
)

// hangLimit is after how long a test says that something hangs.
const hangLimit = 2 * time.Minute

const prefix = "test:"

// Lines of a secret.
const (
	one   = "the first line of a secret, long enough"
	two   = "the second line of a secret, long enough"
	three = "the third line of a secret, long enough"
)

// onBoth runs a test on miniredis and on a real redis-server.
func onBoth(t *testing.T, test func(t *testing.T, c *redisconn.Client)) {
	t.Run("miniredis", func(t *testing.T) { test(t, open(t, "redis://"+miniredis.RunT(t).Addr())) })
	t.Run("redis", func(t *testing.T) { test(t, open(t, redistest.Start(t).URL)) })
}

// onAll runs a test on a Cluster, too.
func onAll(t *testing.T, test func(t *testing.T, c *redisconn.Client)) {
	onBoth(t, test)
	t.Run("cluster", func(t *testing.T) { test(t, open(t, redistest.StartCluster(t).URL)) })
}

func open(t *testing.T, url string) *redisconn.Client {
	t.Helper()
	c, err := redisconn.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func keys(t *testing.T, lines ...string) *session.Keys {
	t.Helper()
	k, err := session.ParseKeys([]byte(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// process is what one process knows of sessions.
type process struct {
	*Sessions
	*Follower
	t *testing.T
}

// start starts a process whose secret has these lines.
func start(t *testing.T, c *redisconn.Client, lines ...string) *process {
	t.Helper()
	x := NewSessions(c, prefix, keys(t, lines...))
	f := Follow(c, prefix, slog.New(slog.DiscardHandler), map[string]Handler{Ended: x})
	t.Cleanup(f.Close)
	return &process{x, f, t}
}

// site is the site of all requests.
var site = origin.Origin{Scheme: "http", Host: "chatter.test"}

// signIn returns a request with a new session's cookie, signed with that line.
func signIn(t *testing.T, line string) *http.Request {
	t.Helper()
	user, err := name.ParseUser("Ada")
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodGet, "http://chatter.test/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(keys(t, line).Cookie(session.New(user), time.Now(), site))
	return r
}

func (p *process) accepts(r *http.Request) bool {
	_, err := p.FromRequest(r, time.Now(), site)
	return err == nil
}

// signOut ends the session of the request.
func (p *process) signOut(r *http.Request) session.Session {
	p.t.Helper()
	s, err := p.FromRequest(r, time.Now(), site)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.End(p.t.Context(), s); err != nil {
		p.t.Fatal(err)
	}
	return s
}

// await waits until cond holds.
func await(t *testing.T, what string, cond func() bool) {
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

// do has Redis do something past the code under test.
func do(t *testing.T, c *redisconn.Client, args ...any) {
	t.Helper()
	if err := c.Universal().Do(t.Context(), args...).Err(); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
}
