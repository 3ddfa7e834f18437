package mutes

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
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
	token := rand.Text()
	answers := x.await(token)
	defer x.forget(token)
	processes, err := x.send(ctx, message{Kind: kindAsk, Token: token, Room: room.String(), ID: id.String(), Ends: ends})
	if err != nil {
		return Order{}, err
	}
	if processes == 0 { // not even this one has subscribed
		return Order{}, ErrSilent
	}
	timeout := time.After(answerTimeout)
	for range processes {
		select {
		case answer := <-answers:
			if len(answer.Mutes) > 0 {
				return x.order(answer.Mutes[0]), nil
			}
		case <-timeout:
			return Order{}, ErrSilent
		case <-ctx.Done():
			return Order{}, ErrSilent
		}
	}
	return Order{}, ErrUnknown
}

// await returns a channel that gets the answers with the token, until forget.
func (x *Mutes) await(token string) <-chan message {
	answers := make(chan message, maxAnswers)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.waiting[token] = answers
	return answers
}

func (x *Mutes) forget(token string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.waiting, token)
}

// order returns the order that an answer has put in force.
func (x *Mutes) order(l line) Order {
	mark, _ := parseMark(l.Mark)
	ends := l.Ends
	x.mu.RLock()
	defer x.mu.RUnlock()
	if m := x.mutes[mark]; m != nil {
		ends = m.ends
	}
	return Order{handle(mark), time.Unix(ends, 0).UTC()}
}

// Lift ends a mute in all processes. The errors are ErrNoOrder and ones that wrap
// redisconn.ErrUnavailable.
func (x *Mutes) Lift(ctx context.Context, wanted string) error {
	now := x.opts.Now().Unix()
	x.mu.RLock()
	var lifted []line
	var members []any
	for mark, m := range x.mutes {
		if m.inForce(now) && handle(mark) == wanted {
			lifted = append(lifted, line{mark.String(), m.ends, m.turn + 1})
			members = append(members, mark.String())
		}
	}
	x.mu.RUnlock()
	if len(lifted) == 0 {
		return ErrNoOrder
	}
	if err := x.client.Universal().ZRem(ctx, x.key(), members...).Err(); err != nil {
		return redisconn.Unavailable("lift mute", err)
	}
	x.opts.Expires(x.opts.Now())
	for _, l := range lifted {
		x.merge(l)
	}
	_, err := x.send(ctx, message{Kind: kindKnown, Mutes: lifted})
	return err
}
