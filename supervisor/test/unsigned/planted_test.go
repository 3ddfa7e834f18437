package unsigned_test

import (
	"strings"
	"testing"

	"chatter/shared/redistest"
	"chatter/supervisor/test/fixture"
)

var planted = secrets{
	guests: []string{annWord},
	traces: []string{"sEsSiOnId", "127.41.0.101"},
	rooms:  []string{roomWord},
	talk:   []string{"tabasco", "AbCdEfGhIjKlM_-9", "1700000000123-0"},
}

// The scan of TestUnsigned finds each form of text that could link a message to a guest, in
// Redis and in its file.
func TestScan_FindsWhatIsPlantedInRedis(t *testing.T) {
	fixture.Need(t, "redis-server")
	t.Parallel()
	good := [][]string{
		{"XADD", "chatter:room:{mirabell}:log", "1700000000123-0", "m", "tabasco"},
		{"SET", "chatter:room:{mirabell}:nonce:AbCdEfGhIjKlM_-9", "1700000000123-0"},
		{"ZADD", "chatter:recent:users", "1700000100", annWord},
		{"ZADD", "chatter:recent:rooms", "1700000100", roomWord},
		{"ZADD", "chatter:reports", "1048577", "mirabell 1700000000123-0"},
		{"SET", "chatter:moderator:AbCdEfGhIjKlMnOpQrStUv", "1"},
	}
	server := redistest.Start(t)
	redis := dialRedis(t, strings.TrimPrefix(server.URL, "unix://"))
	scan := func() (now, file []string) {
		return inRedis(everything(t, redis), planted), inRedis(written(t, server.Dir()), planted)
	}
	begin := func() {
		for _, key := range redis.flat("KEYS", "*") {
			redis.do("DEL", key)
		}
		for _, command := range good {
			redis.do(command...)
		}
	}
	begin()
	if now, file := scan(); len(now)+len(file) > 0 {
		t.Fatalf("what a talk leaves is complained of: %q %q", now, file)
	}
	const room = "chatter:room:{mirabell}:"
	for _, command := range [][]string{
		{"XADD", room + "log", "*", "m", "tabasco", "u", "quillon"},
		{"XADD", room + "log", "*", "m", "hello", "a", "127.41.0.101"},
		{"XADD", room + "log", "*", "by", "d7a8fbb307d78094"},
		{"SET", room + "nonce:AbCdEfGhIjKlM_-9", "1700000000123-0 sEsSiOnId"},
		{"SET", room + "nonce:ZbCdEfGhIjKlM_-9", "f00ba4"},
		{"SET", "chatter:last", "anything"},
		{"HSET", "chatter:retention", "oldest", "tabasco"},
		{"SET", "chatter:retention:leader", "anything"},
		{"SET", "tabasco", annWord},
		{"RPUSH", "chatter:list", annWord, "tabasco"},
		{"SADD", "chatter:set", "1700000000123-0", annWord},
		{"HSET", "chatter:hash", annWord, "AbCdEfGhIjKlM_-9"},
		{"ZADD", "chatter:zset", "1", "tabasco " + annWord},
		{"ZADD", "chatter:recent:users", "1700000101", "Moe"},
		{"ZADD", "chatter:recent:users", "1700000100", annWord + " 1700000000123-0"},
		{"ZADD", "chatter:reports", "1048577", "mirabell 1700000000123-0 d7a8fbb307d78094"},
		{"ZADD", "chatter:reports", "1.5", "mirabell 1700000000123-0"},
		{"SET", "chatter:moderator:AbCdEfGhIjKlMnOpQrStUv", "sEsSiOnId"},
		{"SET", "chatter:moderator:spent", "1"},
		{"XGROUP", "CREATE", room + "log", annWord, "0"},
		{"EVAL", "redis.call('SET', '" + room + "nonce:YbCdEfGhIjKlM_-9', '1700000000123-0') redis.call('ZADD', 'chatter:recent:users', 1700000400, 'Quillon')", "0"},
	} {
		begin()
		_, before := scan()
		redis.do(command...)
		now, after := scan()
		// A script leaves nothing that stands together but in the file; a time or an
		// opaque value only shows where it is known what ought to stand there.
		if len(now) == 0 && (command[0] != "EVAL" || len(after) == len(before)) {
			t.Errorf("%q is not found", command)
		}
		if linked := len(found(strings.Join(command, " "), planted.traces)) > 0; linked && len(after) == len(before) {
			t.Errorf("%q is not found in the file", command)
		}
	}
	// The file still holds keys that are deleted by now.
	begin()
	if now, file := scan(); len(now) > 0 || len(file) == 0 {
		t.Errorf("with all of it deleted: %q, in the file %q", now, file)
	}
}

func TestScan_FindsWhatIsPlantedInLogs(t *testing.T) {
	good := `time=2026-11-23T22:00:00Z level=INFO msg=request method=GET route=/chat/:room/ status=200` + "\n"
	if wrong := inText("log", good, planted.all()); len(wrong) > 0 {
		t.Fatalf("a good line is complained of: %q", wrong)
	}
	for _, line := range []string{
		`route=/chat/Mirabell%20%C3%A9%3F/`, `room="mirabell é?"`, `{"user":"Quillon \u00f6"}`,
		`client: 127.41.0.101, server: _`, `session=sEsSiOnId`, `nonce AbCdEfGhIjKlM_-9`,
		`stored id=1700000000123-0`, `text="TABASCO by socket"`,
	} {
		wrong := inText("log", good+line+"\n"+good, planted.all())
		if len(wrong) != 1 || !strings.HasPrefix(wrong[0], "log:2:") {
			t.Errorf("%q: found %q", line, wrong)
		}
	}
}
