package browser_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
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
	seed(t, w, room, garden.past)
}

// seed puts lines into a room's log, as if they had been said when they say.
func seed(t *testing.T, w *whole, room string, lines []line) {
	t.Helper()
	key := logOf(t, room)
	conn, err := net.Dial("unix", w.RedisSocket())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	now := time.Now()
	var commands strings.Builder
	for i, l := range lines {
		id := fmt.Sprintf("%d-%d", now.Add(-l.ago).UnixMilli(), i)
		args := []string{"XADD", key, id, "m", l.text}
		fmt.Fprintf(&commands, "*%d\r\n", len(args))
		for _, arg := range args {
			fmt.Fprintf(&commands, "$%d\r\n%s\r\n", len(arg), arg)
		}
	}
	// All at once: Redis syncs its file before each of its answers.
	go conn.Write([]byte(commands.String()))
	replies := bufio.NewReader(conn)
	for range lines {
		length, err := replies.ReadString('\n')
		if err == nil && strings.HasPrefix(length, "$") {
			_, err = replies.ReadString('\n')
		}
		if err != nil || !strings.HasPrefix(length, "$") {
			t.Fatalf("XADD: %q, %v", length, err)
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

// crowd says things in a room as guests of other pages do, without the pages.
type crowd struct {
	t    *testing.T
	log  *roomlog.Log
	room name.Room
}

func newCrowd(t *testing.T, w *whole, room string) *crowd {
	t.Helper()
	client, err := redisconn.Open("unix://" + w.RedisSocket())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	log := roomlog.New(client, roomlog.Options{})
	t.Cleanup(log.Close)
	parsed, err := name.ParseRoom(room)
	if err != nil {
		t.Fatal(err)
	}
	return &crowd{t: t, log: log, room: parsed}
}

// say returns the message's ID when it is stored.
func (c *crowd) say(text string) string {
	c.t.Helper()
	parsed, err := wire.ParseText(text)
	if err != nil {
		c.t.Fatal(err)
	}
	stored, err := c.log.Append(c.t.Context(), c.room, wire.NewNonce(), parsed)
	if err != nil {
		c.t.Fatal(err)
	}
	return stored.ID.String()
}
