package follow

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// A subscription that has been silent for this long is asked for a sign
	// of life; without one in as long again it is made anew.
	subscriptionSilence = 5 * time.Second
	// Channels named in one SUBSCRIBE.
	subscribeChunk = 512
	subscribeRetry = 100 * time.Millisecond
)

var errSilent = errors.New("subscription is silent")

// subscriber holds one pub/sub connection: the only one, or on a Cluster one
// per shard. The connection is made when the first channel is wanted and kept.
type subscriber struct {
	follower *Follower
	open     func(ctx context.Context) *redis.PubSub
	sharded  bool

	mu      sync.Mutex
	ended   bool              // a shard that may have moved: takes no more rooms
	wanted  map[string]*room  // by notification channel
	changed map[string]string // channels to subscribe or unsubscribe, with their own ones
	wake    chan struct{}
}

func (f *Follower) subscriberFor(addr string, open func(context.Context) *redis.PubSub) *subscriber {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.subs[addr]
	if s == nil {
		s = &subscriber{
			follower: f, open: open, sharded: addr != "",
			wanted:  make(map[string]*room),
			changed: make(map[string]string),
			wake:    make(chan struct{}, 1),
		}
		f.subs[addr] = s
		if f.ctx.Err() == nil {
			f.running.Go(s.run)
		}
	}
	return s
}

func (f *Follower) unassign(r *room) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.subs {
		s.drop(r)
	}
}

// want takes r, unless this subscriber has ended, which it reports.
func (s *subscriber) want(r *room) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	if !r.hasLeft() {
		s.wanted[r.notifications] = r
		s.changed[r.notifications] = r.own
		s.signal()
	}
	return true
}

// drop ends the subscription of r, unless its channel belongs to a newer room by now.
func (s *subscriber) drop(r *room) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wanted[r.notifications] == r {
		delete(s.wanted, r.notifications)
		s.changed[r.notifications] = r.own
		s.signal()
	}
}

func (s *subscriber) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run keeps a connection open until the Follower is closed.
func (s *subscriber) run() {
	ctx := s.follower.ctx
	for ctx.Err() == nil {
		s.connect(ctx)
		if s.sharded {
			s.moveOn()
			return
		}
		pause(ctx, subscribeRetry)
	}
}

// connect subscribes to what is wanted and receives until the connection fails. go-redis would
// reconnect by itself; here every connection is a new one, and each confirmation of a channel
// has the room read again.
func (s *subscriber) connect(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	pubsub := s.open(ctx)
	s.mu.Lock()
	for channel, r := range s.wanted {
		s.changed[channel] = r.own
	}
	s.mu.Unlock()
	s.signal()

	// A receiver waits in a read that only the closed connection ends.
	defer context.AfterFunc(ctx, func() { _ = pubsub.Close() })()

	var writer sync.WaitGroup
	writer.Go(func() { s.subscribeLoop(ctx, pubsub) })
	_ = s.receive(ctx, pubsub) // whatever ended it: the next connection confirms, and reads, every room
	cancel()
	writer.Wait()
}

// subscribeLoop sends what has changed.
func (s *subscriber) subscribeLoop(ctx context.Context, pubsub *redis.PubSub) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
		for {
			subscribe, unsubscribe := s.takeChanges()
			if len(subscribe)+len(unsubscribe) == 0 {
				break
			}
			if s.send(ctx, pubsub, subscribe, unsubscribe) != nil {
				// go-redis may have reconnected by itself, and the receiver would go
				// on without a writer. A new connection sends everything.
				_ = pubsub.Close()
				return
			}
		}
	}
}

// takeChanges returns the channels of one command each. On one server a room's own
// channel goes with its notification channel: a command takes effect at once, so the
// append script always finds both subscribed or neither.
func (s *subscriber) takeChanges() (subscribe, unsubscribe []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for channel, own := range s.changed {
		if len(subscribe)+len(unsubscribe) >= subscribeChunk {
			break
		}
		delete(s.changed, channel)
		channels := []string{channel, own}
		if s.sharded {
			channels = channels[:1]
		}
		if _, wanted := s.wanted[channel]; wanted {
			subscribe = append(subscribe, channels...)
		} else {
			unsubscribe = append(unsubscribe, channels...)
		}
	}
	return subscribe, unsubscribe
}

func (s *subscriber) send(ctx context.Context, pubsub *redis.PubSub, subscribe, unsubscribe []string) error {
	if s.sharded {
		return errors.Join(eachAlone(ctx, pubsub.SSubscribe, subscribe), eachAlone(ctx, pubsub.SUnsubscribe, unsubscribe))
	}
	if len(subscribe) > 0 {
		if err := pubsub.Subscribe(ctx, subscribe...); err != nil {
			return err
		}
	}
	if len(unsubscribe) > 0 {
		return pubsub.Unsubscribe(ctx, unsubscribe...)
	}
	return nil
}

// eachAlone sends a command for each channel: a Cluster takes no channels of
// several slots in one, even if it has them all on one node.
func eachAlone(ctx context.Context, send func(context.Context, ...string) error, channels []string) error {
	for _, channel := range channels {
		if err := send(ctx, channel); err != nil {
			return err
		}
	}
	return nil
}

// receive hands what arrives to the rooms until the connection fails.
func (s *subscriber) receive(ctx context.Context, pubsub *redis.PubSub) error {
	for silent := false; ; {
		got, err := pubsub.ReceiveTimeout(ctx, subscriptionSilence)
		if err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) || ctx.Err() != nil {
				return err
			}
			if silent {
				return errSilent
			}
			silent = true
			if err := pubsub.Ping(ctx); err != nil {
				return err
			}
			continue
		}
		silent = false
		switch got := got.(type) {
		case *redis.Message:
			if tamper := s.follower.tamper; tamper != nil {
				tamper(got.Channel, s.notified)
				continue
			}
			s.notified(got.Channel)
		case *redis.Subscription:
			switch got.Kind {
			case "subscribe", "ssubscribe":
				// Earlier notifications may have been missed.
				if r := s.roomOf(got.Channel); r != nil {
					s.follower.log.MarkDirty(r.name)
				}
			case "sunsubscribe":
				s.moved(got.Channel)
			}
		}
	}
}

// notified has a room read at the next tick.
func (s *subscriber) notified(channel string) {
	if r := s.roomOf(channel); r != nil {
		s.follower.ticks.add(r.name)
	}
}

// roomOf returns the room of a notification channel, nil if it is not followed.
func (s *subscriber) roomOf(channel string) *room {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wanted[channel]
}
