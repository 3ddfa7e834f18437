package unsigned_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"chatter/shared/session"
	"chatter/shared/wire"
	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"

	"github.com/google/go-cmp/cmp"
)

// order gives an order to a process as chatterctl does, and returns the answer.
func order(t *testing.T, s *stack.Stack, process, name string, form url.Values) string {
	t.Helper()
	client := http.Client{Timeout: fixture.HangLimit, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", s.Admin(process))
		},
	}}
	resp, err := client.PostForm("http://admin/moderation/"+name, form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintln(resp.StatusCode, string(text))
}

// muteAuthor mutes the author of a message for a minute.
func muteAuthor(t *testing.T, s *stack.Stack, process, room, id string) string {
	t.Helper()
	answer := order(t, s, process, "mute", url.Values{"room": {room}, "id": {id}, "for": {"1m"}})
	if !strings.Contains(answer, "Accepted") {
		t.Errorf("mute: %s", answer)
	}
	return answer
}

// awaitMutes waits until each process has so many mutes in force.
func awaitMutes(t *testing.T, s *stack.Stack, n int) {
	t.Helper()
	for _, process := range services {
		fixture.Await(t, fmt.Sprintf("%s has %d mutes", process, n), func() bool {
			return strings.Contains(metrics(t, s.Admin(process)), fmt.Sprintf("\nchatter_mutes %d\n", n))
		})
	}
}

// mute is a step of a talk: the second guest is muted, and tries to say something.
func (k *talk) mute() {
	k.t.Helper()
	k.post(1, "tabasco before a mute")
	muteAuthor(k.t, k.site, "httpd:httpd_1", room, k.lastID())
	awaitMutes(k.t, k.site, 1)
	if e := k.rooms[1].say("tabasco while muted", k.nonce()); e.Code != wire.CodeMuted {
		k.t.Fatalf("a muted guest is answered with %+v", e)
	}
	k.submit(1, "tabasco while muted, by form").want(http.StatusTooManyRequests)
	k.say(0, "tabasco beside a mute")
}

// A mute holds in all processes, for sockets and forms, wherever the message was stored, also
// when processes are killed and restarted, until its time is over.
func TestMute_HoldsOnTheWholeSite(t *testing.T) {
	t.Parallel()
	s := fixture.Start(t, stack.Options{Env: []string{"CHATTER_PRESENCE_EVERY=1s", "CHATTER_SAY_RATE=0", "CHATTER_LIMITS=off"}, HandshakesPerSecond: 1000})
	keys, err := session.LoadKeys(filepath.Join(s.Dir(), "secret"))
	if err != nil {
		t.Fatal(err)
	}
	redis := dialRedis(t, s.RedisSocket())
	bySocket, byForm, other := newGuest(t, s, keys, "By socket", "127.41.4.1"), newGuest(t, s, keys, "By form", "127.41.4.2"), newGuest(t, s, keys, "Other", "127.41.4.3")
	id := inEachProcess(bySocket)[0].say("something", wire.NewNonce()).ID
	posted := func(g *guest, status int) {
		t.Helper()
		page := g.get("/chat/processes/").want(http.StatusOK)
		g.post("/chat/processes/", url.Values{"message": {"something"}, "nonce": {nonceOf(page)}}).want(status)
	}
	posted(byForm, http.StatusSeeOther)
	newest := redis.flat("XREVRANGE", "chatter:room:{processes}:log", "+", "-", "COUNT", "1")[0]

	begun := time.Now()
	muteAuthor(t, s, "httpd:httpd_0", "processes", id.String())
	muteAuthor(t, s, "httpd:httpd_1", "processes", newest)
	awaitMutes(t, s, 2)
	muted := func(when string, refused bool, guests ...*guest) {
		t.Helper()
		for _, g := range guests {
			// As often as chance takes to reach each process.
			for range 6 {
				if refused && time.Since(begun) > 40*time.Second {
					t.Logf("%s: the mutes end after a minute, too soon for a slow machine", when)
					return
				}
				socket := g.open("/ws/chat/processes/?since=0", wire.Subprotocol)
				e := socket.say("something", wire.NewNonce())
				if refused && (e.Code != wire.CodeMuted || e.RetryAfter < 1 || e.RetryAfter > 61) || !refused && e.Event != "ack" {
					t.Errorf("%s: %s is answered with %+v", when, g.name, e)
				}
				socket.conn.CloseNow()
				posted(g, map[bool]int{true: http.StatusTooManyRequests, false: http.StatusSeeOther}[refused])
			}
		}
	}
	muted("at once", true, bySocket, byForm)
	muted("at once", false, other)
	fixture.Await(t, "Redis has both mutes", func() bool { return len(redis.flat("ZRANGE", mutedKey, "0", "-1")) == 2 })

	for _, process := range services {
		before, err := s.Kill(t.Context(), process, syscall.SIGKILL)
		if err != nil {
			t.Fatal(err)
		}
		fixture.Await(t, process+" runs again", func() bool {
			now, err := s.Pid(t.Context(), process)
			return err == nil && now != before
		})
	}
	for _, process := range services {
		admin(t, s.Admin(process), "/readyz")
	}
	muted("after kills", true, bySocket, byForm)
	fixture.Await(t, "Redis has no mute any more", func() bool { return len(redis.flat("ZRANGE", mutedKey, "0", "-1")) == 0 })
	muted("afterwards", false, bySocket, byForm, other)
}

// Two messages of one author and two of different authors: the answers to the operator, what
// Redis holds and what stands in its file are the same, but for random values.
func TestMute_TellsNothingOfTheAuthors(t *testing.T) {
	t.Parallel()
	var got [2][]string
	t.Run("runs", func(t *testing.T) {
		for i, name := range []string{"one author", "two authors"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				got[i] = muteTwo(t, i == 1)
			})
		}
	})
	if diff := cmp.Diff(got[0], got[1]); diff != "" {
		t.Errorf("the operator can tell whether two messages have one author:\n%s", diff)
	}
	if text := strings.Join(got[0], "\n"); strings.Count(text, "Accepted") != 4 || strings.Count(text, "ZADD chatter:muted") != 1 || strings.Count(text, "XADD") != 2 {
		t.Errorf("there is nothing to compare:\n%s", text)
	}
}

var randomValues = regexp.MustCompile(`[A-Za-z0-9_-]{43}|\b[0-9a-f]{10}\b|\b\d{13}-\d+\b|\{:nonce:[A-Za-z0-9_-]{16}|nonce:[A-Za-z0-9_-]{16}|\b1\d{9,12}\b|\b2\d{3}-[0-9T:.-]+Z|\b4\d{9}\b`)

// muteTwo has two messages said, by one guest or by two, and mutes both authors, twice. The
// guests leave in between.
func muteTwo(t *testing.T, two bool) (seen []string) {
	t.Helper()
	s := fixture.Start(t, stack.Options{Env: []string{"CHATTER_PRESENCE_EVERY=1h"}})
	keys, err := session.LoadKeys(filepath.Join(s.Dir(), "secret"))
	if err != nil {
		t.Fatal(err)
	}
	redis := dialRedis(t, s.RedisSocket())
	redis.awaitRewrite()
	note := func(text string) { seen = append(seen, randomValues.ReplaceAllString(text, "RANDOM")) }
	var sockets []*socket
	for i, name := range []string{"Ann", "Ben"} {
		sockets = append(sockets, newGuest(t, s, keys, name, fmt.Sprintf("127.41.5.%d", i+1)).open("/ws/chat/tea/?since=0", wire.Subprotocol))
	}
	ids := []string{sockets[0].say("first", wire.NewNonce()).ID.String(), ""}
	second := sockets[0]
	if two {
		second = sockets[1]
	}
	ids[1] = second.say("second", wire.NewNonce()).ID.String()
	for range 2 {
		for i, id := range ids {
			note(muteAuthor(t, s, services[i], "tea", id))
		}
		sockets[0].conn.CloseNow()
	}
	for _, key := range slices.Sorted(slices.Values(redis.flat("KEYS", "*"))) {
		if !strings.HasPrefix(key, retentionKey) && !trialKey.MatchString(key) {
			note("key " + key)
		}
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, k := range written(t, s.RedisData()) {
		if logKey.MatchString(k.key) && k.kind == "PEXPIREAT" {
			continue // once a minute by each process, and nginx chooses the process
		}
		if k.key == mutedKey || k.key == ordersKey || logKey.MatchString(k.key) || nonceKey.MatchString(k.key) {
			note(fmt.Sprintf("%s %s %q", k.kind, k.key, k.parts))
		}
	}
	for process, text := range logs(t, s.Dir()) {
		if strings.Contains(text, "mute") {
			t.Errorf("%s speaks of mutes:\n%s", process, text)
		}
	}
	return seen
}
