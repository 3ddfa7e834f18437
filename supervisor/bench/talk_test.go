package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"chatter/shared/wire"
	"chatter/supervisor/bench/swarm"

	"github.com/google/go-cmp/cmp"
)

// A small crowd on a floor, all the way: everybody is let in, talks and is counted.
func TestCrowd_IsMeasured(t *testing.T) {
	const members, messages, batch = senders, 40, 2
	r := &rig{ctx: t.Context(), floor: true, servers: []swarm.Server{{Addr: serveRooms(t, batch)}}, accs: []int{os.Getpid()}}
	s, err := crowd{members: members, flying: 4, batch: batch, messages: messages}.run(r)
	if err != nil {
		t.Fatal(err)
	}
	if s.Messages < messages || s.Messages > messages+4 {
		t.Errorf("%d messages were counted, want about %d", s.Messages, messages)
	}
	if s.P50 <= 0 || s.P99 < s.P50 || s.P99 > s.Elapsed {
		t.Errorf("half took %v, nearly all %v, the whole %v", s.P50, s.P99, s.Elapsed)
	}
	if s.Memory < 1<<20 || s.CPU < 0 || s.Client <= 0 {
		t.Errorf("memory %d, CPU %v, of the clients %v", s.Memory, s.CPU, s.Client)
	}
}

// What is wrong is told, and counted: a run that ends well has counted nothing.
func TestTalk_FindsWhatMustNotBe(t *testing.T) {
	// What comes: a member (a or b), the number of a message and the time in its ID; or an
	// ack.
	for _, c := range []struct {
		what  string
		comes string
		want  string // "" = nothing is wrong
		found faults
	}{
		{"all is well", "a0@1 a1@2 b0@1 b1@2 ack0 ack1", "", faults{}},
		{"b has not got the last", "a0@1 a1@2 b0@1 ack0 ack1", "1 of 2 members of room 0 have not got", faults{Lost: 1}},
		{"b has not got the first", "a0@1 a1@2 b1@2 ack0 ack1", "message 0 of room 0 differs", faults{OutOfOrder: 1}},
		{"b has got nothing", "a0@1 a1@2 ack0 ack1", "1 of 2 members of room 0 have not got", faults{Lost: 2}},
		{"nobody has got it", "a0@1 b0@1 ack0 ack1", "2 were said, 2 acked, 1 are there", faults{Lost: 1}},
		{"a has got one twice", "a0@1 a0@1 a1@2 b0@1 b1@2 ack0 ack1", "message 1 of room 0 differs", faults{OutOfOrder: 1}},
		{"b has got one twice", "a0@1 a1@2 b0@1 b0@1 ack0 ack1", "message 1 of room 0 differs", faults{Doubled: 1}},
		{"both have got the last twice", "a0@1 a1@2 a1@2 b0@1 b1@2 b1@2 ack0 ack1", "message 2-0 came twice in room 0", faults{Doubled: 1}},
		{"one is stored twice", "a0@1 a1@2 a0@3 b0@1 b1@2 b0@3 ack0 ack1", "message 00000000 is doubled in room 0", faults{Doubled: 1}},
		{"b has another order", "a0@1 a1@2 b1@2 b0@1 ack0 ack1", "message 0 of room 0 differs", faults{OutOfOrder: 1}},
		{"all have an order that is not the log's", "a1@2 a0@1 b1@2 b0@1 ack0 ack1", "message 1-0 of room 0 came after 2-0", faults{OutOfOrder: 1}},
		{"b has other bytes", "a0@1 a1@2 b0@1 b1@3 ack0 ack1", "message 1 of room 0 differs", faults{OutOfOrder: 1}},
		{"one is not acked", "a0@1 a1@2 b0@1 b1@2 ack0", "2 were said, 1 acked, 2 are there", faults{Lost: 1}},
		{"one is acked twice", "a0@1 a1@2 b0@1 b1@2 ack0 ack1 ack1", "message 00000001 is acked twice", faults{Doubled: 1}},
		{"one is acked twice, one never", "a0@1 a1@2 b0@1 b1@2 ack0 ack0", "message 00000000 is acked twice", faults{Doubled: 1}},
		{"one is acked that was not said", "ack4", "nobody said 00000004", faults{}},
		{"one was never said", "a0@1 a7@2", "nobody said 00000007", faults{}},
		{"one is refused", "a0@1 refused0", "a member got {", faults{}},
	} {
		tk := &talk{rig: &rig{checked: new(checked)}, rooms: make([]talkRoom, 1), per: 1, sent: 2, sentAt: make([]time.Time, 2), answered: make([]bool, 2)}
		members := map[string]*swarm.Client{"a": {}, "b": {}}
		tk.rooms[0].members = []*swarm.Client{members["a"], members["b"]}
		came := checked{Said: 2}
		for event := range strings.FieldsSeq(c.comes) {
			if tk.wrong != nil {
				break // as run does
			}
			var n, ms int
			var payload []byte
			member := event[:1]
			switch {
			case scanned(event, "ack%d", &n):
				payload = fmt.Appendf(nil, `{"event":"ack","nonce":"bench-nonce-%08d","id":"1-0"}`, n)
				member = "a"
				if n < 2 {
					came.Acked++
				}
			case scanned(event, "refused%d", &n):
				payload = fmt.Appendf(nil, `{"event":"refused","nonce":"bench-nonce-%08d"}`, n)
				member = "a"
			case scanned(event[1:], "%d@%d", &n, &ms):
				payload = wire.AppendMessage(nil, wire.ID{Ms: uint64(ms)}, fmt.Sprintf("%08d hello", n))
				came.Delivered++
			default:
				t.Fatalf("%s: what is %s?", c.what, event)
			}
			tk.take(members[member], payload)
		}
		err := tk.wrong
		if err == nil {
			err = tk.check()
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
		tk.rig.count(tk)
		came.faults = c.found
		if diff := cmp.Diff(came, *tk.rig.checked, cmp.AllowUnexported(checked{})); diff != "" {
			t.Errorf("%s: counted (-want +got):\n%s", c.what, diff)
		}
	}
}

func scanned(text, format string, values ...any) bool {
	n, err := fmt.Sscanf(text, format, values...)
	return err == nil && n == len(values)
}
