package unsigned_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chatter/shared/session"
	"chatter/shared/wire"
	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

// A word that no other test and no program contains is said in every way, and read in every
// way. After the retention, a rewrite of Redis's file and a collection it must be nowhere.
func TestForgotten_NothingRefersToAMessageAfterTheRetention(t *testing.T) {
	t.Parallel()
	s := fixture.Start(t, stack.Options{Env: []string{
		"CHATTER_RETENTION=10s", "CHATTER_PRESENCE_EVERY=1s",
		// The collector overwrites memory that nothing refers to any more.
		"GODEBUG=clobberfree=1",
	}})
	keys, err := session.LoadKeys(filepath.Join(s.Dir(), "secret"))
	if err != nil {
		t.Fatal(err)
	}
	redis := dialRedis(t, s.RedisSocket())
	redis.do("CONFIG", "SET", "rdbcompression", "no") // the word stays readable in the file's base

	word, name := canary("word"), canary("name")
	author := newGuest(t, s, keys, name, "127.41.1.1")
	reader := newGuest(t, s, keys, "Reader", "127.41.1.2")
	said := time.Now()
	sayEverywhere(author, word)
	readEverywhere(reader, word)

	for _, where := range []place{inKeys(redis), inFiles(s.RedisData()), inService(s, "wsd:"), inService(s, "httpd:")} {
		if found := where.look(t, word); len(found) == 0 && time.Since(said) < 10*time.Second {
			t.Errorf("the word is not in %s although it was said: the test looks wrongly", where.name)
		}
	}
	for _, where := range []place{
		inKeys(redis), inFiles(s.RedisData()), onPages(reader), inService(s, "wsd:"), inService(s, "httpd:"),
	} {
		for what, text := range map[string]string{"message": word, "name": name} {
			var found []string
			fixture.Await(t, fmt.Sprintf("the %s is not in %s", what, where.name), func() bool {
				found = where.look(t, text)
				return len(found) == 0
			}, func() string { return strings.Join(found[:min(len(found), 5)], "\n") })
		}
	}
	for path, text := range logs(t, s.Dir()) {
		for _, wrong := range inText(path, text, []string{word, name}) {
			t.Error(wrong)
		}
	}
}

// canary returns a word that begins with kind and occurs nowhere else.
func canary(kind string) string { return kind + strings.ToLower(rand.Text()[:16]) }

const canaryRoom = "canary room"

var canaryPath = "/chat/" + url.PathEscape(canaryRoom) + "/"

// sayEverywhere says the word by socket, by form and by a classic client, and leaves.
func sayEverywhere(g *guest, word string) {
	g.t.Helper()
	page := g.get(canaryPath).want(http.StatusOK)
	socket := g.open("/ws"+canaryPath+"?since=0", wire.Subprotocol)
	socket.until(func(e wire.Event) bool { return e.Event == "live" })
	if e := socket.say(word+" by socket", wire.NewNonce()); e.Event != "ack" {
		g.t.Fatalf("by socket: %+v", e)
	}
	g.post(canaryPath, url.Values{"message": {word + " by form"}, "nonce": {nonceOf(page)}}).want(http.StatusSeeOther)
	classic := g.open("/ws" + canaryPath)
	classic.send(fmt.Sprintf(`{"message":"%s by classic"}`, word))
	classic.until(func(e wire.Event) bool { return strings.HasSuffix(e.Message, "classic") })
	socket.conn.CloseNow()
	classic.conn.CloseNow()
	g.client.CloseIdleConnections()
}

// readEverywhere reads what was said from the page, the history, the log as a late member
// gets it, and the index.
func readEverywhere(g *guest, word string) {
	g.t.Helper()
	ways := []string{" by socket", " by form", " by classic"}
	for _, path := range []string{canaryPath, canaryPath + "messages/?before=99999999999999-0&limit=50"} {
		text := g.get(path).want(http.StatusOK).body
		for _, way := range ways {
			if !strings.Contains(text, word+way) {
				g.t.Errorf("%s has no message%s:\n%s", path, way, text)
			}
		}
	}
	g.get("/index/").want(http.StatusOK)
	late := g.open("/ws"+canaryPath+"?since=0", wire.Subprotocol)
	for range ways {
		late.until(func(e wire.Event) bool { return strings.HasPrefix(e.Message, word) })
	}
	late.conn.CloseNow()
}

// place is somewhere a word may be left.
type place struct {
	name string
	look func(t *testing.T, word string) (found []string)
}

func inKeys(c *raw) place {
	return place{"Redis's keys", func(t *testing.T, word string) (in []string) {
		for _, key := range c.flat("KEYS", "*") {
			// Without a compression, as set above. A key that has expired since has no dump.
			in = append(in, inText(key, key+strings.Join(c.flat("DUMP", key), ""), []string{word})...)
		}
		return in
	}}
}

func inFiles(dir string) place {
	return place{"Redis's files", func(t *testing.T, word string) (in []string) {
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return ignoreGone(err)
			}
			text, err := os.ReadFile(path)
			in = append(in, inText(path, string(text), []string{word})...)
			return ignoreGone(err)
		})
		if err != nil {
			t.Fatal(err)
		}
		return in
	}}
}

// ignoreGone ignores that a file has been removed meanwhile: a rewrite replaces files.
func ignoreGone(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// onPages are the room's page, its history, and the index.
func onPages(g *guest) place {
	return place{"the pages", func(t *testing.T, word string) (in []string) {
		for _, path := range []string{canaryPath, canaryPath + "messages/?before=99999999999999-0&limit=50", "/index/"} {
			in = append(in, inText(path, g.get(path).want(http.StatusOK).body, []string{word})...)
		}
		return in
	}}
}
