package roomlog

import (
	"regexp"
	"strings"
	"testing"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/wire"
)

// Redis must not tell which client stored a message: browsers make nonces of 22
// characters, a form may send 64, a classic client's end in A, Q, g or w.
func TestAppend_StoresNoncesOfOneShape(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, room := newLog(t, c, Options{}), roomNamed(t, "room")
		nonces := []wire.Nonce{wire.NewNonce(), "0123456789abcdef", wire.Nonce(strings.Repeat("z", 64))}
		for _, nonce := range nonces {
			if _, err := l.Append(t.Context(), room, nonce, text(t, "x")); err != nil {
				t.Fatal(err)
			}
		}
		keys, err := c.Universal().Keys(t.Context(), "*:nonce:*").Result()
		if err != nil || len(keys) != len(nonces) {
			t.Fatalf("%d nonce keys, want %d: %v", len(keys), len(nonces), err)
		}
		shape := regexp.MustCompile(`^chatter:room:\{room\}:nonce:[A-Za-z0-9_-]{16}$`)
		for _, key := range keys {
			if !shape.MatchString(key) {
				t.Errorf("key %q", key)
			}
		}
	})
}

// To trim with each message costs Redis a tenth of it.
func TestAppend_TrimsByAgeOnceAMinute(t *testing.T) {
	c := redistest.Start(t).Client()
	defer c.Close()
	l, room := newLog(t, c, Options{}), roomNamed(t, "room")
	calls := func(command string) string {
		info := c.Universal().Info(t.Context(), "commandstats").Val()
		found := regexp.MustCompile(`cmdstat_` + command + `:calls=(\d+),`).FindStringSubmatch(info)
		if found == nil {
			return "0"
		}
		return found[1]
	}
	for range 5 {
		say(t, l, room, "x")
	}
	if n := calls("xtrim"); n != "1" {
		t.Errorf("trimmed %s times, want once", n)
	}
	l.trims.mu.Lock()
	for key, room := range l.trims.rooms {
		room.at = room.at.Add(-trimEvery)
		l.trims.rooms[key] = room
	}
	l.trims.mu.Unlock()
	for range 5 {
		say(t, l, room, "x")
	}
	if n := calls("xtrim"); n != "2" {
		t.Errorf("trimmed %s times after a minute, want twice", n)
	}
	if n := calls("pexpire"); n != "2" {
		t.Errorf("the expiry was set %s times, want twice", n)
	}
}
