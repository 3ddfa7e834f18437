package mutes

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"
)

const (
	// Least and Most bound how long an author is muted.
	Least, Most = time.Second, 30 * 24 * time.Hour
	// answerTimeout is how long all processes may take to answer.
	answerTimeout = 3 * time.Second
	// maxAnswers is how many answers may wait for the asker.
	maxAnswers = 64
	// sendTimeout bounds a PUBLISH.
	sendTimeout = 2 * time.Second
)

var (
	// ErrUnknown says that no process has a mark of the message.
	ErrUnknown = errors.New("the author of this message is not known any more")
	// ErrSilent says that a process did not answer whether it has a mark.
	ErrSilent = errors.New("not all processes have answered; ask again")
	// ErrTooMany says that too many mutes are in force.
	ErrTooMany = errors.New("too many mutes are in force")
	// ErrTime says that an author cannot be muted for so long or so short.
	ErrTime = fmt.Errorf("an author can be muted for %v to %v", Least, Most)
	// ErrNoOrder says that no mute in force has this handle.
	ErrNoOrder = errors.New("no mute in force has this handle")
)

// Kinds of messages between processes.
const (
	kindHello  = "hello"  // I have subscribed: what is in force?
	kindKnown  = "known"  // what the sender knows of these mutes
	kindAsk    = "ask"    // mute the author of this message
	kindAnswer = "answer" // I have its mark, or I have not
)

// message is what a process publishes to all, itself too.
type message struct {
	Kind  string `json:"kind"`
	Token string `json:"token,omitempty"` // of the ask
	Room  string `json:"room,omitempty"`
	ID    string `json:"id,omitempty"`
	Ends  int64  `json:"ends,omitempty"`
	Mutes []line `json:"mutes,omitempty"`
}

func (x *Mutes) channel() string { return x.opts.Prefix + Kind + ":live" }

// send publishes a message. It returns how many processes get it.
func (x *Mutes) send(ctx context.Context, m message) (receivers int, err error) {
	text, err := json.Marshal(m)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	publish := x.client.Universal().Publish
	if x.client.Cluster() != nil {
		publish = x.client.Universal().SPublish // the other one counts the receivers of one node
	}
	n, err := publish(ctx, x.channel(), text).Result()
	return int(n), redisconn.Unavailable("publish mute", err)
}

// reply has a message sent soon: the goroutine that receives must not wait for Redis, which may
// wait for it. If the message is lost, the others ask again.
func (x *Mutes) reply(m message) {
	x.tasks.Go(func(ctx context.Context) { _, _ = x.send(ctx, m) })
}

// listen acts on what the processes publish.
func (x *Mutes) listen(ctx context.Context) {
	hello := func() { x.reply(message{Kind: kindHello}) }
	x.client.Listen(ctx, x.channel(), true, hello, func(text string) {
		var m message
		if json.Unmarshal([]byte(text), &m) != nil {
			return
		}
		switch m.Kind {
		case kindHello:
			x.reply(message{Kind: kindKnown, Mutes: x.lines()})
		case kindKnown:
			for _, l := range m.Mutes {
				x.merge(l)
			}
		case kindAsk:
			x.reply(x.answer(m))
		case kindAnswer:
			x.answeredWith(m)
		}
	})
}

// answer looks for the message of an ask. It does the same work whether there is a mark or
// not, and knows of no session.
func (x *Mutes) answer(ask message) message {
	answer := message{Kind: kindAnswer, Token: ask.Token}
	room, roomErr := name.ParseRoom(ask.Room)
	id, idErr := wire.ParseID(ask.ID)
	if roomErr != nil || idErr != nil {
		return answer
	}
	mark, ok := x.marks.mark(x.opts.Now(), room, id)
	x.mu.RLock()
	defer x.mu.RUnlock()
	turn := 0
	if m := x.mutes[mark]; m != nil {
		turn = (m.Turn + 1) / 2 * 2
	}
	if ok {
		answer.Mutes = []line{{mark, ask.Ends, turn}}
	}
	return answer
}

// answeredWith takes an answer. If several processes have a mark of the message, because it
// was sent twice, the first one counts, which is the same one everywhere.
func (x *Mutes) answeredWith(m message) {
	if len(m.Mutes) > 0 && x.isFirst(m.Token) {
		x.merge(m.Mutes[0])
	}
	if answers, ok := x.askers.Load(m.Token); ok {
		select {
		case answers.(chan message) <- m:
		default: // the asker knows enough
		}
	}
}

// isFirst reports whether nobody has answered this ask with a mark.
func (x *Mutes) isFirst(token string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	first := !x.answered[token]
	x.answered[token] = true
	return first
}

// Mute mutes the author of a message in all processes for d, rounded up to a presence
// interval, or as long as an earlier mute of the message says. The errors are ErrTime,
// ErrUnknown, ErrSilent, ErrTooMany, and ones that wrap redisconn.ErrUnavailable.
func (x *Mutes) Mute(ctx context.Context, room name.Room, id wire.ID, d time.Duration) (Order, error) {
	if d < Least || d > Most {
		return Order{}, ErrTime
	}
	if len(x.InForce()) >= x.max {
		return Order{}, ErrTooMany
	}
	every := x.everySeconds()
	ends := (x.opts.Now().Add(d).Unix() + every - 1) / every * every
	token, answers := rand.Text(), make(chan message, maxAnswers)
	x.askers.Store(token, answers)
	defer x.askers.Delete(token)
	processes, err := x.send(ctx, message{Kind: kindAsk, Token: token, Room: room.String(), ID: id.String(), Ends: ends})
	if err != nil {
		return Order{}, err
	}
	if processes == 0 { // not even this one has subscribed
		return Order{}, ErrSilent
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	for range processes {
		select {
		case answer := <-answers:
			if len(answer.Mutes) > 0 {
				l, ok := x.known(answer.Mutes[0])
				if !ok {
					return Order{}, ErrTooMany
				}
				return l.order(), nil
			}
		case <-ctx.Done():
			return Order{}, ErrSilent
		}
	}
	return Order{}, ErrUnknown
}

// known returns what is known of the mute after an answer, if there was room for it.
func (x *Mutes) known(answer line) (l line, ok bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if m := x.mutes[answer.Mark]; m != nil {
		return m.line, true
	}
	return line{}, false
}

// Lift ends a mute in all processes. The errors are ErrNoOrder and ones that wrap
// redisconn.ErrUnavailable.
func (x *Mutes) Lift(ctx context.Context, handle string) error {
	now := x.opts.Now()
	lifted := slices.DeleteFunc(x.inForce(now), func(l line) bool { return l.order().Handle != handle })
	if len(lifted) == 0 {
		return ErrNoOrder
	}
	for i, l := range lifted {
		if err := x.client.Universal().ZRem(ctx, x.key(), l.Mark.String()).Err(); err != nil {
			return redisconn.Unavailable("lift mute", err)
		}
		lifted[i].Turn++
		x.merge(lifted[i])
	}
	x.opts.Expires(now)
	_, err := x.send(ctx, message{Kind: kindKnown, Mutes: lifted})
	return err
}
