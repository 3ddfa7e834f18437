package unsigned_test

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"chatter/shared/session"
	"chatter/shared/wire"
	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

// Guests arrive while others talk, and say something at once. The file of Redis, in which
// commands stand in their order, must not show that a name was written close to a message:
// the names of an interval stand behind all messages of the interval, sorted.
func TestAtRest_ArrivalsAreNotWrittenCloseToMessages(t *testing.T) {
	t.Parallel()
	const every, arrivals = 3 * time.Second, 9
	s := fixture.Start(t, stack.Options{Env: []string{"CHATTER_PRESENCE_EVERY=" + every.String(), "CHATTER_LIMITS=off"}})
	keys, err := session.LoadKeys(filepath.Join(s.Dir(), "secret"))
	if err != nil {
		t.Fatal(err)
	}
	redis := dialRedis(t, s.RedisSocket())
	talker := newGuest(t, s, keys, "Talker", "127.41.3.1")
	socket := talker.open("/ws/chat/arrivals/?since=0", wire.Subprotocol)
	talk := func(n int) {
		for range n {
			if e := socket.say("something", wire.NewNonce()); e.Event != "ack" {
				t.Fatalf("%+v", e)
			}
		}
	}

	var names []string
	for i := range arrivals {
		talk(20)
		name := fmt.Sprintf("%c guest %d", 'A'+(i*7)%26, i)
		names = append(names, name)
		g := newGuest(t, s, keys, name, fmt.Sprintf("127.41.3.%d", 10+i))
		page := g.get("/chat/arrivals/").want(http.StatusOK)
		g.post("/chat/arrivals/", url.Values{"message": {"hello"}, "nonce": {nonceOf(page)}}).want(http.StatusSeeOther)
	}
	fixture.Await(t, "all names are published", func() bool {
		talk(1)
		published := strings.ReplaceAll(strings.Join(redis.flat("ZRANGE", "chatter:recent:users", "0", "-1"), "\n"), "/", "")
		return !slices.ContainsFunc(names, func(name string) bool { return !strings.Contains(published, name) })
	})
	fixture.Await(t, "the room is published", func() bool { return len(redis.flat("ZRANGE", "chatter:recent:rooms", "0", "-1")) > 0 })
	talk(1)

	var newest int64 // the interval of the names so far
	found, messages := 0, 0
	for _, k := range written(t, s.RedisData()) {
		switch {
		case k.kind == "XADD" && logKey.MatchString(k.key):
			messages++
			id := k.parts[slices.IndexFunc(k.parts, func(p string) bool { _, err := wire.ParseID(p); return err == nil })]
			at, err := wire.ParseID(id)
			if err != nil {
				t.Fatal(err)
			}
			if at.Time().Before(time.Unix(newest, 0).Add(every)) {
				t.Errorf("message %s stands behind names of its interval, which begins at %d", id, newest)
			}
		case k.kind == "ZADD" && recentsKey.MatchString(k.key):
			var list []string
			for i := 1; i+1 < len(k.parts); i += 2 { // behind GT
				score, err := strconv.ParseInt(k.parts[i], 10, 64)
				if err != nil {
					t.Fatalf("%v: %v", k, err)
				}
				newest = max(newest, score)
				list = append(list, strings.TrimPrefix(k.parts[i+1], "/"))
			}
			found += len(list)
			if !slices.IsSorted(list) {
				t.Errorf("names of an interval are not sorted: %q", list)
			}
		}
	}
	if found <= arrivals || messages < 20*arrivals {
		t.Errorf("only %d names and %d messages in the file", found, messages)
	}
}
