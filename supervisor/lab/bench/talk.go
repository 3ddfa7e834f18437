//go:build linux

package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"chatter/shared/wire"
	"chatter/supervisor/lab/bench/floor"
	"chatter/supervisor/lab/bench/swarm"
)

// talk is the members of a target's rooms, the messages that they send, and those that they get.
// While it measures, it checks that no message is doubled, that the messages of a room come in the
// order of their IDs, and that all members of a room get the same bytes in the same order. It
// cannot check a floor, whose messages are all equal.
type talk struct {
	target  *target
	swarm   *swarm.Swarm
	members []*swarm.Client
	rooms   [][]entry // logs
	size    int       // members of a room
	batch   int       // messages that are delivered for each sent one

	joining, joined           int  // members, see join
	speakers                  int  // so many of the members say something
	changing                  bool // members leave and come back while messages are sent
	firstBack                 time.Time
	acked, delivered, done    int // done messages have reached all members of their rooms
	sent                      []sentMessage
	textBytes                 int
	frame                     []byte
	onAck                     func(c *swarm.Client)
	onDone                    func()
	beside                    func(sending bool) // called often while messages are sent and delivered
	deliveryTimes, ackTimes   []time.Duration    // since the message was sent
	retryAt                   time.Time          // no member connects before; see connect
	memory                    float64            // that the server has gained by the members, in bytes
	nginxMemory, kernelMemory float64            // as memory
	joinCost                  usage
}

// entry is a message as the first member got it.
type entry struct {
	payload []byte
	sent    time.Time
	got     int // members that have it
}

type sentMessage struct {
	at               time.Time
	acked, delivered bool
}

func newTalk(t *target, sc scenario) (*talk, error) {
	s, err := swarm.New()
	if err != nil {
		return nil, err
	}
	k := &talk{target: t, swarm: s, rooms: make([][]entry, sc.rooms), size: sc.members, batch: 1, textBytes: floor.TextBytes}
	if t.floor {
		k.batch = max(sc.batch, 1)
	}
	for i := range sc.rooms * sc.members {
		k.members = append(k.members, &swarm.Client{Room: i / max(sc.wsd, 1) % sc.rooms})
	}
	k.speakers = len(k.members)
	s.Frame = k.handle
	s.Closed = func(c *swarm.Client, why error) { k.fail("a member of room %d was closed: %w", c.Room, why) }
	return k, err
}

// run handles events until done, or until something fails.
func (k *talk) run(timeout time.Duration, done func() bool) {
	t := k.target
	err := k.swarm.Run(t.bench.ctx, timeout, func() bool { return t.failed != nil || done() })
	if err != nil {
		k.fail("%w (%d of %d joined, %d sent, %d acked, %d done)", err, k.joined, len(k.members), len(k.sent), k.acked, k.done)
	}
}

func (k *talk) fail(format string, args ...any) { k.target.fail(fmt.Errorf(format, args...)) }

var (
	messageEvent = []byte(`{"event":"message",`)
	ackEvent     = []byte(`{"event":"ack",`)
	liveEvent    = []byte(`{"event":"live",`)
	textField    = []byte(`"message":"`)
	nonceField   = []byte(`"nonce":"bench-nonce-`)
)

// handle is the swarm's Frame.
func (k *talk) handle(c *swarm.Client, payload []byte) {
	switch {
	case bytes.HasPrefix(payload, messageEvent):
		k.message(c, payload)
	case bytes.HasPrefix(payload, ackEvent):
		k.ack(c, payload)
	case bytes.HasPrefix(payload, liveEvent):
		k.live(c)
	default:
		k.fail("a member got %s", payload)
	}
}

func (k *talk) ack(c *swarm.Client, payload []byte) {
	n, ok := k.number(payload, nonceField)
	if !ok {
		return
	}
	if k.sent[n].acked {
		k.fail("message %08d is acked twice", n)
	}
	k.acked++
	k.sent[n].acked = true
	k.ackTimes = append(k.ackTimes, time.Since(k.sent[n].at))
	if k.onAck != nil {
		k.onAck(c)
	}
}

func (k *talk) message(c *swarm.Client, payload []byte) {
	log := k.rooms[c.Room]
	n := c.Seen
	c.Seen++
	k.delivered++
	if n == len(log) {
		log = append(log, k.newEntry(log, payload))
		k.rooms[c.Room] = log
	}
	e := &log[n]
	if !bytes.Equal(e.payload, payload) {
		k.fail("message %d of room %d is %s for one member and %s for another", n, c.Room, e.payload, payload)
	}
	e.got++
	if c.Live {
		k.deliveryTimes = append(k.deliveryTimes, time.Since(e.sent))
	}
	if e.got == k.size {
		k.done++
		if k.onDone != nil && k.done%k.batch == 0 {
			k.onDone()
		}
	}
}

// newEntry is a message that no member had before. It must not have been delivered, and its ID
// must be the highest of the log. The messages of a floor are equal, so there it is the one that
// was sent last.
func (k *talk) newEntry(log []entry, payload []byte) entry {
	e := entry{payload: bytes.Clone(payload)}
	if k.target.floor {
		e.sent = k.sent[len(k.sent)-1].at
	} else if n, ok := k.number(payload, textField); ok {
		if k.sent[n].delivered {
			k.fail("message %08d is doubled", n)
		}
		if last := len(log) - 1; last >= 0 && e.id().Compare(log[last].id()) <= 0 {
			k.fail("%s came after %s", payload, log[last].payload)
		}
		k.sent[n].delivered, e.sent = true, k.sent[n].at
	}
	return e
}

// number is the number of a message, which follows field in payload.
func (k *talk) number(payload, field []byte) (n int, ok bool) {
	_, text, _ := bytes.Cut(payload, field)
	n, err := strconv.Atoi(string(text[:min(8, len(text))]))
	if err != nil || n < 0 || n >= len(k.sent) {
		k.fail("nobody sent %s", payload)
		return 0, false
	}
	return n, true
}

// send sends the next message.
func (k *talk) send(c *swarm.Client) {
	n := len(k.sent)
	k.frame = swarm.AppendFrame(k.frame[:0], true, swarm.OpText, fmt.Appendf(nil,
		`{"command":"new_message","message":"%s","nonce":"bench-nonce-%08d"}`, textOf(n, k.textBytes), n))
	k.sent = append(k.sent, sentMessage{at: time.Now()})
	if err := k.swarm.Send(c, k.frame); err != nil {
		k.fail("send: %w", err)
	}
}

// textOf is the text of message n.
func textOf(n, length int) string { return fmt.Sprintf("%08d %s", n, strings.Repeat("x", length-9)) }

// check returns an error if a message has not reached all members after the load has ended.
func (k *talk) check() error {
	if k.target.floor {
		return nil
	}
	for i, m := range k.sent {
		if !m.acked || !m.delivered {
			return fmt.Errorf("message %08d: acked %t, delivered %t", i, m.acked, m.delivered)
		}
	}
	for i, log := range k.rooms {
		for _, e := range log {
			if e.got < k.size {
				return fmt.Errorf("%d of %d members of room %d lack %s", k.size-e.got, k.size, i, e.payload)
			}
		}
	}
	return nil
}

// id is the message's ID, zero when it has none.
func (e entry) id() wire.ID {
	event, _ := wire.ParseEvent(e.payload)
	return event.ID
}
