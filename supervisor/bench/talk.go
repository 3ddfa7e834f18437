package main

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"chatter/supervisor/bench/swarm"
)

// talk is members who say things, and what becomes of it. It checks while it measures:
// everybody must see the same bytes in the same order, and each message once.
type talk struct {
	rig   *rig
	swarm *swarm.Swarm
	rooms []talkRoom
	per   int // messages that come of one that is said: more than one on a floor

	live, sent, acked, done int
	found                   faults
	wrong                   error       // the first thing that must not be
	sentAt                  []time.Time // by number
	answered                []bool      // by number: it was acked
	latencies               []time.Duration
	measuring               bool
	got, delivered          int            // messages that members got, in all and since measure
	completed               func(room int) // everybody has one message more
	frame                   []byte
	onAck                   func(c *swarm.Client)
	ackTimes                []time.Duration // from said to acked
}

type talkRoom struct {
	members []*swarm.Client
	said    []said
}

// said is a message as it came.
type said struct {
	payload []byte
	at      time.Time
	got     int
}

// openTalk opens members in each of rooms and waits until all are live and the server is
// at rest again.
func openTalk(r *rig, rooms, members, perWrite int) (*talk, error) {
	s, err := swarm.New()
	if err != nil {
		return nil, err
	}
	t := &talk{rig: r, swarm: s, rooms: make([]talkRoom, rooms), per: perWrite}
	s.Frame = t.take
	s.Closed = func(c *swarm.Client, code int) {
		if c.Room != nowhere {
			t.fail(fmt.Errorf("a member was closed with %d", code))
		}
	}
	if err := t.join(members); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// close hangs everybody up, and has what was found counted.
func (t *talk) close() {
	t.rig.count(t)
	t.swarm.Close()
}

func (t *talk) join(members int) error {
	rooms := len(t.rooms)
	deadline := time.Now().Add(time.Minute)
	err := swarm.OpenAll(t.rig.ctx, rooms*members, false, deadline, func(i int) (swarm.Opened, error) {
		return t.rig.servers[i%len(t.rig.servers)].Open(t.rig.ctx, t.rig.path(i/len(t.rig.servers)%rooms))
	}, func(i int, o swarm.Opened) error {
		room := i / len(t.rig.servers) % rooms
		c, err := t.swarm.Add(o, room)
		if err == nil {
			t.rooms[room].members = append(t.rooms[room].members, c)
		}
		return err
	})
	if err != nil || t.rig.floor {
		return err
	}
	if err := t.run(time.Minute, func() bool { return t.live == rooms*members }); err != nil {
		return err
	}
	return t.settle(rooms * members)
}

// run handles what comes until done.
func (t *talk) run(timeout time.Duration, done func() bool) error {
	err := t.swarm.Run(t.rig.ctx, timeout, func() bool { return t.wrong != nil || done() })
	if t.wrong != nil {
		return t.wrong
	}
	if errors.Is(err, swarm.ErrTimeout) {
		return fmt.Errorf("%w (%d said, %d acked, %d done); %w", err, t.sent, t.acked, t.done, t.check())
	}
	return err
}

func (t *talk) fail(err error) {
	if t.wrong == nil {
		t.wrong = err
	}
}

var (
	messageEvent = []byte(`{"event":"message",`)
	ackEvent     = []byte(`{"event":"ack",`)
	liveEvent    = []byte(`{"event":"live",`)
	textField    = []byte(`"message":"`)
	nonceField   = []byte(`"nonce":"bench-nonce-`)
)

// take is the swarm's Frame.
func (t *talk) take(c *swarm.Client, payload []byte) {
	if c.Room == nowhere {
		return
	}
	switch {
	case bytes.HasPrefix(payload, messageEvent):
		t.message(c, payload)
	case bytes.HasPrefix(payload, ackEvent):
		t.ack(c, payload)
	case bytes.HasPrefix(payload, liveEvent):
		t.live++
	default:
		t.fail(fmt.Errorf("a member got %s", payload))
	}
}

func (t *talk) ack(c *swarm.Client, payload []byte) {
	_, nonce, _ := bytes.Cut(payload, nonceField)
	n, ok := t.number(nonce)
	if !ok {
		return
	}
	if t.answered[n] {
		t.found.Doubled++
		t.fail(fmt.Errorf("message %08d is acked twice", n))
	}
	t.acked++
	t.answered[n] = true
	if t.measuring {
		t.ackTimes = append(t.ackTimes, time.Since(t.sentAt[n]))
	}
	if t.onAck != nil {
		t.onAck(c)
	}
}

func (t *talk) message(c *swarm.Client, payload []byte) {
	room := &t.rooms[c.Room]
	n := c.Seen
	c.Seen++
	t.got++
	if n == len(room.said) {
		s := said{payload: bytes.Clone(payload)}
		if !t.rig.floor {
			s.at = t.whenSaid(payload)
		} else if len(t.sentAt) > 0 {
			s.at = t.sentAt[len(t.sentAt)-1]
		}
		room.said = append(room.said, s)
	}
	s := &room.said[n]
	if !bytes.Equal(s.payload, payload) {
		t.differs(c, n, payload)
		return
	}
	s.got++
	if t.measuring {
		t.delivered++
		t.latencies = append(t.latencies, time.Since(s.at))
	}
	if s.got == len(room.members) {
		t.done++
		if t.completed != nil && t.done%t.per == 0 {
			t.completed(c.Room)
		}
	}
}

// whenSaid is when the message was said whose text begins with its number.
func (t *talk) whenSaid(payload []byte) time.Time {
	_, text, _ := bytes.Cut(payload, textField)
	n, ok := t.number(text)
	if !ok {
		return time.Time{}
	}
	return t.sentAt[n]
}

// number is that of the message whose text or nonce, from its number on, is given.
func (t *talk) number(text []byte) (n int, ok bool) {
	n, err := strconv.Atoi(string(text[:min(8, len(text))]))
	if err != nil || n < 0 || n >= len(t.sentAt) {
		t.fail(fmt.Errorf("nobody said %s", text))
		return 0, false
	}
	return n, true
}

// say has a member of a room say something.
func (t *talk) say(room, member int) {
	c := t.rooms[room].members[member]
	t.frame = appendSay(t.frame[:0], t.sent)
	t.sent++
	t.sentAt, t.answered = append(t.sentAt, time.Now()), append(t.answered, false)
	if err := t.swarm.Send(c, t.frame); err != nil {
		t.fail(err)
	}
}

// textBytes is how long a message is.
const textBytes = 100

var filler = bytes.Repeat([]byte("x"), textBytes)

// appendSay appends the frame of message number n, whose nonce and text tell the number.
func appendSay(dst []byte, n int) []byte {
	payload := fmt.Appendf(nil, `{"command":"new_message","message":"%08d %s","nonce":"bench-nonce-%08d"}`, n, filler[:textBytes-9], n)
	return swarm.AppendText(dst, payload)
}
