//go:build linux

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"chatter/shared/wire"
	"chatter/supervisor/lab/bench/swarm"
)

// onFloor has members of rooms talk on a floor.
func onFloor(t *testing.T, sc scenario, what func(k *talk)) {
	t.Helper()
	sc.wsd = 1
	sc.run = func(k *talk) []figure { what(k); return nil }
	b := &bench{ctx: t.Context(), dir: t.TempDir()}
	if _, err := b.measureOn(side{}, sc); err != nil {
		t.Fatal(err)
	}
}

// A small crowd on a floor, from the handshakes to the figures.
func TestCrowd_IsMeasured(t *testing.T) {
	const messages, members = 40, 20
	sc := crowd("W1", 4, 2, messages, false)
	sc.members = members
	run := sc.run
	onFloor(t, sc, func(k *talk) {
		found := run(k)
		if n := len(k.deliveryTimes); n < messages*members || n > (messages+4)*members {
			t.Errorf("%d deliveries are measured, want about %d", n, messages*members)
		}
		if len(found) != 1 || found[0].value <= 0 {
			t.Errorf("figures %v", found)
		}
		if k.memory == 0 || k.joinCost.cpu <= 0 {
			t.Errorf("the members cost %v bytes and %v", k.memory, k.joinCost.cpu)
		}
	})
}

// At any rate the right number is sent in the time, the same number in each room, and not
// all at once.
func TestPaced_SendsSoManyASecond(t *testing.T) {
	for _, perSecond := range []float64{100, 1000, 2500, 20_000} {
		const rooms, whole = 5, 200 * time.Millisecond
		onFloor(t, scenario{rooms: rooms, members: 2}, func(k *talk) {
			begun := time.Now()
			k.paced(perSecond, whole)
			if took := time.Since(begun); took < whole*9/10 {
				t.Errorf("%v a second: %v took %v", perSecond, whole, took)
			}
			want := int(perSecond / 5)
			if len(k.sent) != want || k.done != want {
				t.Errorf("%v a second: %d were sent, %d delivered, want %d", perSecond, len(k.sent), k.done, want)
			}
			for i, log := range k.rooms {
				if n := len(log); n != want/rooms {
					t.Errorf("%v a second: %d in room %d, want %d", perSecond, n, i, want/rooms)
				}
			}
		})
	}
}

func TestInFlight_KeepsSoManyOnTheirWay(t *testing.T) {
	onFloor(t, scenario{rooms: 1, members: 12}, func(k *talk) {
		most := 0
		k.swarm.Frame = func(c *swarm.Client, payload []byte) {
			most = max(most, len(k.sent)-k.done)
			k.handle(c, payload)
		}
		k.inFlight(4, 40)
		if k.done != 40 || len(k.sent) != 40 || most != 4 {
			t.Errorf("%d sent, %d done, at most %d on their way; want 40, 40 and 4", len(k.sent), k.done, most)
		}
	})
}

// Each fault is found and ends the run with an error.
func TestTalk_FindsFaults(t *testing.T) {
	// An event is a member (a or b), the number of a message and the time in its ID; or the
	// ack of a message; or that member a is live.
	for _, c := range []struct{ what, events, want string }{
		{"all is well", "live a0@1 a1@2 b0@1 b1@2 ack0 ack1", ""},
		{"b lacks the last", "a0@1 a1@2 b0@1 ack0 ack1", "1 of 2 members of room 0 lack "},
		{"b lacks the first", "a0@1 a1@2 b1@2 ack0 ack1", "message 0 of room 0 is "},
		{"nobody has one", "a0@1 b0@1 ack0 ack1", "message 00000001: acked true, delivered false"},
		{"one is not acked", "a0@1 a1@2 b0@1 b1@2 ack0", "message 00000001: acked false, delivered true"},
		{"a has one twice", "a0@1 a0@1", "message 00000000 is doubled"},
		{"b has one twice", "a0@1 a1@2 b0@1 b0@1", "message 1 of room 0 is "},
		{"one is stored twice", "a0@1 a1@2 a0@3", "message 00000000 is doubled"},
		{"b has another order", "a0@1 a1@2 b1@2 b0@1", "message 0 of room 0 is "},
		{"all have an order that is not the log's", "a1@2 a0@1", `{"event":"message","id":"1-0",`},
		{"two messages have one ID", "a1@2 a0@2", `{"event":"message","id":"2-0",`},
		{"b has another ID", "a0@1 b0@3", "message 0 of room 0 is "},
		{"one is acked twice", "ack1 ack1", "message 00000001 is acked twice"},
		{"an ack of no message", "ack4", "nobody sent "},
		{"a message that nobody sent", "a7@2", "nobody sent "},
		{"one is refused", "refused0", "a member got {"},
		{"a lacks one when it is live", "b0@1 live", "a member of room 0 is live and lacks 1 messages"},
	} {
		k := &talk{target: new(target), rooms: make([][]entry, 1), size: 2, sent: make([]sentMessage, 2), batch: 1}
		members := map[byte]*swarm.Client{'a': {}, 'b': {}}
		for event := range strings.FieldsSeq(c.events) {
			var n, ms int
			switch {
			case k.target.failed != nil: // as run does
			case event == "live":
				k.handle(members['a'], wire.AppendLive(nil, wire.ID{}))
			case scanned(event, "ack%d", &n):
				k.handle(members['a'], fmt.Appendf(nil, `{"event":"ack","nonce":"bench-nonce-%08d","id":"1-0"}`, n))
			case scanned(event, "refused%d", &n):
				k.handle(members['a'], fmt.Appendf(nil, `{"event":"refused","nonce":"bench-nonce-%08d"}`, n))
			case scanned(event[1:], "%d@%d", &n, &ms):
				k.handle(members[event[0]], wire.AppendMessage(nil, wire.ID{Ms: uint64(ms)}, textOf(n, 20)))
			default:
				t.Fatalf("%s: no event %s", c.what, event)
			}
		}
		k.target.fail(k.check())
		err := k.target.failed
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
}

func scanned(text, format string, values ...any) bool {
	n, err := fmt.Sscanf(text, format, values...)
	return err == nil && n == len(values)
}
