package mutes

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"

	"github.com/redis/go-redis/v9"
)

const (
	// silence is how long a subscription may be silent before it must give a sign of life;
	// without one in as long again it is made anew.
	silence = 5 * time.Second
	// subscribeRetry is the time between two tries to subscribe.
	subscribeRetry = 100 * time.Millisecond
	// sendTimeout bounds a PUBLISH.
	sendTimeout = 2 * time.Second
	// maxReplies is how many replies may wait to be sent. Beyond it they are dropped: the
	// process is as good as silent then.
	maxReplies = 64
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

// line is a mute, as processes tell it each other.
type line struct {
	Mark string `json:"mark"`
	Ends int64  `json:"ends"`
	Turn int    `json:"turn"`
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

// listen receives what the processes publish, until ctx ends.
func (x *Mutes) listen(ctx context.Context) {
	for ctx.Err() == nil {
		x.receive(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(subscribeRetry):
		}
	}
}

// receive subscribes, and handles messages until the connection fails.
func (x *Mutes) receive(ctx context.Context) {
	subscribe := x.client.Universal().Subscribe
	if x.client.Cluster() != nil {
		subscribe = x.client.Universal().SSubscribe
	}
	pubsub := subscribe(ctx, x.channel())
	defer pubsub.Close()
	defer context.AfterFunc(ctx, func() { pubsub.Close() })() // ends ReceiveTimeout
	for silent := false; ; {
		got, err := pubsub.ReceiveTimeout(ctx, silence)
		var timeout net.Error
		switch {
		case err == nil:
			silent = false
		case errors.As(err, &timeout) && timeout.Timeout() && ctx.Err() == nil && !silent && pubsub.Ping(ctx) == nil:
			silent = true
			continue
		default:
			return
		}
		switch got := got.(type) {
		case *redis.Message:
			x.handle(got.Payload)
		case *redis.Subscription:
			if got.Kind == "sunsubscribe" { // the channel's slot has moved
				return
			}
			x.reply(message{Kind: kindHello})
		}
	}
}

// reply has a message sent soon. The goroutine that receives must not wait for Redis.
func (x *Mutes) reply(m message) {
	select {
	case x.replies <- m:
	default:
	}
}

func (x *Mutes) sendReplies(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-x.replies:
			_, _ = x.send(ctx, m) // the others ask again
		}
	}
}

// handle acts on a message. A malformed one is ignored.
func (x *Mutes) handle(text string) {
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
		turn = (m.turn + 1) / 2 * 2
	}
	if ok {
		answer.Mutes = []line{{mark.String(), ask.Ends, turn}}
	}
	return answer
}

// answeredWith takes an answer. If several processes have a mark of the message, because it
// was sent twice, the first one counts, which is the same one everywhere.
func (x *Mutes) answeredWith(m message) {
	found := len(m.Mutes) > 0
	x.mu.Lock()
	first := found && !x.answered[m.Token]
	if first {
		x.answered[m.Token] = true
	}
	asker := x.waiting[m.Token]
	x.mu.Unlock()
	if first {
		x.merge(m.Mutes[0])
	}
	if asker != nil {
		select {
		case asker <- m:
		default: // it knows enough
		}
	}
}
