package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"chatter/shared/wire"
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
	wrong                   error       // the first thing that must not be
	sentAt                  []time.Time // by number
	answered                []bool      // by number: it was acked
	latencies               []time.Duration
	measuring               bool
	delivered               int
	completed               func(room int) // everybody has one message more
	frame                   []byte
	onAck                   func(c *swarm.Client)
	ackTimes                []time.Duration // from said to acked
}

type talkRoom struct {
	members []*swarm.Client
	said    []said
	skipped int // members who do not take part in the counting
}

// said is a message as it came.
type said struct {
	payload []byte
	at      time.Time
	got     int
}

// textBytes is how long a message is.
const textBytes = 100

// openTalk opens members in each of rooms and waits until all are live.
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
		s.Close()
		return nil, err
	}
	return t, nil
}

func (t *talk) close() { t.swarm.Close() }

func (t *talk) join(members int) error {
	rooms := len(t.rooms)
	deadline := time.Now().Add(time.Minute)
	err := swarm.OpenAll(rooms*members, false, deadline, func(i int) (swarm.Opened, error) {
		return t.rig.servers[i%len(t.rig.servers)].Open(t.rig.path(i / len(t.rig.servers) % rooms))
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
	return t.run(time.Minute, func() bool { return t.live == rooms*members })
}

// run handles what comes until done.
func (t *talk) run(timeout time.Duration, done func() bool) error {
	err := t.swarm.Run(timeout, func() bool { return t.wrong != nil || done() })
	if t.wrong != nil {
		return t.wrong
	}
	if err != nil {
		return fmt.Errorf("%w (%d said, %d acked, %d done)", err, t.sent, t.acked, t.done)
	}
	return nil
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
		t.fail(fmt.Errorf("message %d of room %d differs: %s, %s", n, c.Room, s.payload, payload))
		return
	}
	s.got++
	if t.measuring {
		t.delivered++
		t.latencies = append(t.latencies, time.Since(s.at))
	}
	if s.got == len(room.members)-room.skipped {
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

var filler = bytes.Repeat([]byte("x"), textBytes)

// appendSay appends the frame of message number n, whose nonce and text tell the number.
func appendSay(dst []byte, n int) []byte {
	payload := fmt.Appendf(nil, `{"command":"new_message","message":"%08d %s","nonce":"bench-nonce-%08d"}`, n, filler[:textBytes-9], n)
	return swarm.AppendText(dst, payload)
}

// check says whether everybody has everything once.
func (t *talk) check() error {
	if t.rig.floor {
		return nil
	}
	total := 0
	seen := make(map[string]bool, t.sent)
	for i, room := range t.rooms {
		total += len(room.said)
		var last wire.ID
		for _, s := range room.said {
			id := s.id()
			if id.Compare(last) <= 0 {
				return fmt.Errorf("message %s of room %d came after %s", id, i, last)
			}
			last = id
			_, text, _ := bytes.Cut(s.payload, textField)
			if number := string(text[:8]); seen[number] {
				return fmt.Errorf("message %s is doubled in room %d", number, i)
			} else {
				seen[number] = true
			}
			if want := len(room.members) - room.skipped; s.got < want {
				return fmt.Errorf("%d of %d members of room %d have not got %s", want-s.got, want, i, s.payload)
			}
		}
	}
	if total != t.sent || t.acked != t.sent {
		return fmt.Errorf("%d were said, %d acked, %d are there", t.sent, t.acked, total)
	}
	return nil
}

// sample is what a measurement of deliveries gives.
type sample struct {
	CPU      time.Duration // a delivery, all servers
	Redis    time.Duration // of that
	Client   time.Duration // a delivery, the load generator
	P50, P99 time.Duration
	Memory   int64 // of all servers, at the end, in bytes
	Elapsed  time.Duration
	Messages int
}

// meter measures between its making and read.
type meter struct {
	t                  *talk
	cpu, redis, client time.Duration
	begun              time.Time
	messages           int
}

func (t *talk) measure() (*meter, error) {
	m := &meter{t: t, client: ownCPU(), begun: time.Now(), messages: t.done}
	t.measuring, t.delivered, t.latencies, t.ackTimes = true, 0, t.latencies[:0], nil
	var err1, err2 error
	m.cpu, err1 = t.rig.cpu()
	m.redis, err2 = t.rig.redisCPU()
	return m, errors.Join(err1, err2)
}

func (r *rig) redisCPU() (time.Duration, error) {
	if r.redis == nil {
		return 0, nil
	}
	return cpuOf([]int{r.redis.pid})
}

func (m *meter) read() (sample, error) {
	t := m.t
	t.measuring = false
	cpu, err1 := t.rig.cpu()
	redis, err2 := t.rig.redisCPU()
	memory, err3 := t.rig.memory()
	n := time.Duration(max(t.delivered, 1))
	slices.Sort(t.latencies)
	return sample{
		CPU: (cpu - m.cpu) / n, Redis: (redis - m.redis) / n, Client: (ownCPU() - m.client) / n,
		P50: quantile(t.latencies, 0.5), P99: quantile(t.latencies, 0.99),
		Memory: memory, Elapsed: time.Since(m.begun), Messages: t.done - m.messages,
	}, errors.Join(err1, err2, err3)
}

func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(q*float64(len(sorted)-1))]
}

// inFlight keeps so many messages on their way in one room, until n are done: the next
// is said when everybody has an earlier one.
func (t *talk) inFlight(flying, senders, n int) error {
	stop := t.done + n
	next := 0
	say := func() {
		t.say(0, next%senders)
		next++
	}
	t.completed = func(int) {
		if t.sent*t.per < stop {
			say()
		}
	}
	for range max(flying/t.per, 1) {
		say()
	}
	err := t.run(2*time.Minute, func() bool { return t.done >= stop && (t.rig.floor || t.acked == t.sent) })
	t.completed = nil
	return err
}

// flood keeps flying messages of one member of each room on their way until n are stored
// and seen.
func (t *talk) flood(flying, n int) error {
	stop := t.sent + n
	say := func(room int) {
		if t.sent < stop {
			t.say(room, 0)
		}
	}
	t.onAck = func(c *swarm.Client) { say(c.Room) }
	defer func() { t.onAck = nil }()
	for room := range t.rooms {
		for range flying {
			say(room)
		}
	}
	return t.run(time.Minute, func() bool { return t.sent == stop && t.acked == stop && t.done == stop })
}

// wait answers pings for so long, and does nothing else.
func (t *talk) wait(d time.Duration) error {
	begun := time.Now()
	t.swarm.Tick = func() {}
	if err := t.swarm.Every(d / 10); err != nil {
		return err
	}
	defer t.swarm.Every(0)
	return t.run(d+time.Minute, func() bool { return time.Since(begun) >= d })
}

// paced has so many messages a second said, one in each room after the other.
func (t *talk) paced(perSecond int, d time.Duration) error {
	n := int(d.Seconds() * float64(perSecond))
	stop := t.sent + n
	t.swarm.Tick = func() {
		if t.sent < stop {
			room := t.sent % len(t.rooms)
			t.say(room, t.sent/len(t.rooms)%len(t.rooms[room].members))
		}
	}
	if err := t.swarm.Every(time.Second / time.Duration(perSecond)); err != nil {
		return err
	}
	defer t.swarm.Every(0)
	return t.run(d+time.Minute, func() bool { return t.sent == stop && t.done >= stop*t.per && (t.rig.floor || t.acked == t.sent) })
}

// floorFrame is a message as a floor sends it: as long as a real one.
var floorFrame = sync.OnceValue(func() []byte {
	text, err := wire.ParseText("00000000 " + string(filler[:textBytes-9]))
	if err != nil {
		panic(err) // the text is fixed
	}
	payload := wire.AppendMessage(nil, wire.ID{Ms: 1_700_000_000_000}, text.String())
	return append([]byte{0x81, 126, byte(len(payload) >> 8), byte(len(payload))}, payload...)
})
