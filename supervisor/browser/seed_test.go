package browser_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"chatter/shared/name"
)

// garden is a talk as people have it, for the pictures.
var garden = struct {
	past []line
	live []string
}{
	past: []line{
		{58 * time.Minute, "Hello! Is anybody watering the tomatoes today?"},
		{55 * time.Minute, "I can, around six. Mind the tap, it drips 😄"},
		{41 * time.Minute, "مرحبا! النعناع لي اليوم 🌿"},
		{33 * time.Minute, "Who planted the blue ones next to the fence? They are wonderful."},
		{32 * time.Minute, "Not telling. That is rather the point of this room."},
		{31 * time.Minute, "Then I guess: somebody with a blue bicycle."},
		{31 * time.Minute, "🙈"},
		{12 * time.Minute, "The plan of the beds: https://example.org/garden/plan"},
		{9 * time.Minute, "Saturday, then:\n10:00 compost\n12:00 soup, bring a bowl"},
	},
	live: []string{
		"I bring bread.",
		"And I bring two bowls, somebody always forgets theirs.",
		"See you all on Saturday!",
	},
}

// line is a message from some time ago.
type line struct {
	ago  time.Duration
	text string
}

// talked puts the talk's past into a room's log, where nobody has been yet.
func talked(t *testing.T, w *whole, room string) {
	t.Helper()
	for i, l := range garden.past {
		id := fmt.Sprintf("%d-%d", time.Now().Add(-l.ago).UnixMilli(), i)
		if reply := redis(t, w, "XADD", logOf(t, room), id, "m", l.text); !strings.HasPrefix(reply, "$") {
			t.Fatalf("XADD: %q", reply)
		}
	}
}

// logOf is the key of a room's log.
func logOf(t *testing.T, room string) string {
	t.Helper()
	parsed, err := name.ParseRoom(room)
	if err != nil {
		t.Fatal(err)
	}
	return "chatter:room:{" + parsed.EscapedKey() + "}:log"
}

// redis gives the stack's Redis a command and returns the first line of the answer.
func redis(t *testing.T, w *whole, args ...string) string {
	t.Helper()
	conn, err := net.Dial("unix", w.RedisSocket())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(conn, "$%d\r\n%s\r\n", len(arg), arg)
	}
	reply, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatalf("%s: %v", args[0], err)
	}
	return strings.TrimSpace(reply)
}
