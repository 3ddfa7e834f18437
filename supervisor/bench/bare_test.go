package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

func TestParseCall_ReadsWhatMonitorShows(t *testing.T) {
	const stamp = `1700000000.123456 [0 unix:/run/r.sock] `
	want := scriptCall{"return\n\"x\"", []string{"a:{room0}:log", "a:{room0}:nonce:bench-nonce-00000000"}, []string{"ch", "", "1000", "h\u00e9llo] \\"}}
	line := stamp + `"eval" "return\n\"x\"" "2" "a:{room0}:log" "a:{room0}:nonce:bench-nonce-00000000" "ch" "" "1000" "h\xc3\xa9llo] \\"`
	got, ok := parseCall(line)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(scriptCall{})); !ok || diff != "" {
		t.Error(ok, diff)
	}
	for _, other := range []string{
		"+OK", "", stamp, stamp + `"evalsha" "0123" "2" "k" "k2" "x"`, stamp + `"eval" "return" "1" "k" "k2" "x"`,
		`1700000000.123456 [0 lua] "GET" "k"`, stamp + `"eval" "return`,
	} {
		if got, ok := parseCall(other); ok {
			t.Errorf("%s: %+v", other, got)
		}
	}
}

// The floor of what is stored runs wsd's own script as wsd does: what was said to one
// Redis is told to another, many times.
func TestBareRate_StoresWhatWasOverheard(t *testing.T) {
	l := lab{ctx: t.Context(), programs: map[string]string{"redis-server": installed(t, "redis-server")}}
	r := l.newRig()
	t.Cleanup(r.stop)
	if err := l.makeRedis(r); err != nil {
		t.Fatal(err)
	}
	client, err := redisconn.Open(r.redisURL())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := l.until(func() bool { return client.Ready(t.Context()) == nil }); err != nil {
		t.Fatal(err)
	}
	room, err1 := name.ParseRoom("room0")
	text, err2 := wire.ParseText("00000000 hello")
	nonce, err3 := wire.ParseNonce("bench-nonce-00000000")
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	log := roomlog.New(client, roomlog.Options{})
	defer log.Close()
	call, err := r.overhear(func() error {
		_, err := log.Append(t.Context(), room, nonce, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	// As another connection of the same Redis: what it stores can be looked at.
	conn, err := r.dialRedis()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sha, err := call.load(conn)
	if err != nil {
		t.Fatal(err)
	}
	for pipeline := range 2 {
		if err := call.storeBare(conn, sha, 1, pipeline*barePipeline); err != nil {
			t.Fatal(err)
		}
	}
	total := 0
	for i := range 2 * bareCalls {
		key := strings.Replace(call.keys[0], "{room0}", fmt.Sprintf("{room%d}", storeRooms/bareConns+i), 1)
		n, err := client.Universal().XLen(t.Context(), key).Result()
		if err != nil || n != storeFlying {
			t.Errorf("%s has %d messages, %v, want %d", key, n, err, storeFlying)
		}
		entries, err := client.Universal().XRange(t.Context(), key, "-", "+").Result()
		if err != nil || len(entries) == 0 || entries[0].Values["m"] != text.String() {
			t.Errorf("%s begins with %v, %v", key, entries[:min(1, len(entries))], err)
		}
		total += int(n)
	}
	keys, err := client.Universal().Keys(t.Context(), "*:nonce:*").Result()
	if err != nil || len(keys) != total+1 {
		t.Errorf("%d nonces are remembered, %v, want %d", len(keys), err, total+1)
	}

	rate, err := l.bareRate(call, 50*time.Millisecond)
	if err != nil || rate.perSecond <= 0 || rate.redis <= 0 {
		t.Errorf("a Redis of its own stores %+v, %v", rate, err)
	}
}

func TestReadLines_TakesEveryAnswerOrAnError(t *testing.T) {
	const good = "*3\r\n$3\r\n1-1\r\n$3\r\n0-0\r\n$0\r\n\r\n"
	for _, c := range []struct{ what, answer, want string }{
		{"all of it", good, ""},
		{"an error", "-ERR no\r\n", "redis answered "},
		{"an error behind an answer", "*1\r\n$1\r\nx\r\n-ERR no\r\n", "redis answered "},
		{"too few", "*1\r\n", "EOF"},
	} {
		for how, r := range map[string]io.Reader{
			"at once":      strings.NewReader(c.answer),
			"byte by byte": iotest.OneByteReader(strings.NewReader(c.answer)),
		} {
			err := readLines(r, strings.Count(good, "\n"))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
				t.Errorf("%s, %s: %v, want %q", c.what, how, err, c.want)
			}
		}
	}
}
