package unsigned_test

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"chatter/shared/session"
	"chatter/shared/wire"
	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

// One address brings many names that begin with a sign of low order, and says something in as
// many rooms, by forms, sockets and classic sockets. Others are around. The index must keep
// the lines of the others, and not list a room that was only entered.
func TestIndex_OneAddressDoesNotTakeItOver(t *testing.T) {
	t.Parallel()
	const every, polite, loud, most = 2 * time.Second, 10, 25, 5
	s := fixture.Start(t, stack.Options{Env: []string{"CHATTER_PRESENCE_EVERY=" + every.String(), "CHATTER_SAY_RATE=0"}})
	keys, err := session.LoadKeys(filepath.Join(s.Dir(), "secret"))
	if err != nil {
		t.Fatal(err)
	}
	redis := dialRedis(t, s.RedisSocket())
	published := func(list, name string) bool {
		names := "\n" + strings.ReplaceAll(strings.Join(redis.flat("ZRANGE", "chatter:recent:"+list, "0", "-1"), "\n"), "/", "") + "\n"
		return strings.Contains(names, "\n"+name+"\n")
	}
	say := func(g *guest, room string, way int) {
		path := url.PathEscape(room) + "/"
		page := g.get("/chat/" + path).want(http.StatusOK)
		switch way % 3 {
		case 0:
			g.post("/chat/"+path, url.Values{"message": {"hello"}, "nonce": {nonceOf(page)}}).want(http.StatusSeeOther)
		case 1:
			if e := g.open("/ws/chat/"+path, wire.Subprotocol).say("hello", wire.NewNonce()); e.Event != "ack" {
				t.Fatalf("%+v", e)
			}
		case 2:
			classic := g.open("/ws/chat/" + path)
			classic.write(`{"message":"hello"}`)
			classic.frame()
		}
	}
	name := func(i int) string { return fmt.Sprintf("polite %c", 'a'+i) }
	for i := range polite {
		g := newGuest(t, s, keys, name(i), "127.41.4."+strconv.Itoa(10+i))
		g.open("/ws/index/", wire.Subprotocol)
		say(g, "room of "+name(i), i)
		g.get("/chat/only-entered/").want(http.StatusOK)
		g.open("/ws/chat/only-entered/", wire.Subprotocol)
	}
	for i := range polite {
		fixture.Await(t, "a room of each guest is published", func() bool { return published("users", name(i)) && published("rooms", "room of "+name(i)) })
	}

	for i := range loud {
		text := fmt.Sprintf("!!! %c", 'a'+i)
		g := newGuest(t, s, keys, text, "127.41.4.1")
		g.open("/ws/index/", wire.Subprotocol)
		say(g, text, i)
	}
	last := newGuest(t, s, keys, "Last", "127.41.4.2") // of an interval after all others
	say(last, "last room", 0)
	fixture.Await(t, "what came after the names is published", func() bool { return published("users", "Last") && published("rooms", "last room") })

	// The index is the same for all, and published at the end of the next window.
	index := last.open("/ws/index/", wire.Subprotocol)
	frame := index.frame()
	for !strings.Contains(frame, "last room") {
		frame = index.frame()
	}
	if strings.Contains(frame, "only-entered") {
		t.Errorf("a room is listed in which nothing was said: %s", frame)
	}
	users, rooms, _ := strings.Cut(frame, `"rooms"`)
	for list, text := range map[string]string{"users": users, "rooms": rooms} {
		if n := strings.Count(text, "!!!"); n == 0 || n > most {
			t.Errorf("one address has %d lines of the %s: %s", n, list, frame)
		}
		if n := strings.Count(text, "polite"); n != polite {
			t.Errorf("the others have %d lines of the %s: %s", n, list, frame)
		}
	}
}
