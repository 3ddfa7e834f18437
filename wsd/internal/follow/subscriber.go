package follow

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
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

// subscriber holds one pub/sub connection: the only one, or on a Cluster one per shard. When it
// fails, the subscriber ends and its rooms are assigned anew. go-redis would reconnect by itself;
// here every connection is a new one, and each confirmation of a channel has the room read again.
type subscriber struct {
	follower *Follower
	addr     string // of the shard; "" if there is one server
	open     func(context.Context, ...string) *redis.PubSub

	mu      sync.Mutex
	ended   bool              // takes no more rooms
	wanted  map[string]*room  // by notification channel
	changed map[string]string // channels to subscribe or unsubscribe, with their own ones
	wake    chan struct{}     // of subscribeLoop
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
		s.changeLocked(r)
	}
	return true
}

// drop ends the subscription of r, unless its channel belongs to a newer room by now.
func (s *subscriber) drop(r *room) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wanted[r.notifications] == r {
		delete(s.wanted, r.notifications)
		s.changeLocked(r)
	}
}

// changeLocked has the channels of r subscribed or unsubscribed.
func (s *subscriber) changeLocked(r *room) {
	s.changed[r.notifications] = r.own
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run subscribes to what is wanted and receives until the connection fails.
func (s *subscriber) run() {
	ctx, cancel := context.WithCancel(s.follower.ctx)
	pubsub := s.open(ctx)
	// A receiver waits in a read that only the closed connection ends.
	defer context.AfterFunc(ctx, func() { _ = pubsub.Close() })()
	var writer sync.WaitGroup
	writer.Go(func() { s.subscribeLoop(ctx, pubsub) })
	s.receive(ctx, pubsub)
	cancel()
	writer.Wait()
	s.follower.reassign(s.end)
}

// end removes the subscriber and returns its rooms.
func (s *subscriber) end() []*room {
	s.follower.mu.Lock()
	delete(s.follower.subs, s.addr)
	s.follower.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	return slices.Collect(maps.Values(s.wanted))
}

// subscribeLoop sends what has changed.
func (s *subscriber) subscribeLoop(ctx context.Context, pubsub *redis.PubSub) {
	for {
		subscribe, unsubscribe := s.takeChanges()
		if len(subscribe)+len(unsubscribe) == 0 {
			select {
			case <-ctx.Done():
				return
			case <-s.wake:
			}
			continue
		}
		if s.send(ctx, pubsub, subscribe, unsubscribe) != nil {
			// go-redis may have reconnected by itself, and the receiver would go
			// on without a writer. A new connection sends everything.
			_ = pubsub.Close()
			return
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
		if s.addr != "" {
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
	if s.addr != "" {
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

// receive hands what arrives to the rooms until the connection fails. The next one confirms, and
// reads, every room.
func (s *subscriber) receive(ctx context.Context, pubsub *redis.PubSub) {
	for silent := false; ; {
		got, err := pubsub.ReceiveTimeout(ctx, subscriptionSilence)
		if err != nil {
			if silent || !errors.Is(err, os.ErrDeadlineExceeded) || pubsub.Ping(ctx) != nil {
				return
			}
			silent = true
			continue
		}
		silent = false
		switch got := got.(type) {
		case *redis.Message:
			s.follower.tamper(got.Channel, s.notified)
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

// moved has the room of a channel that was unsubscribed assigned anew, if it is wanted: its slot
// has moved to another shard.
func (s *subscriber) moved(channel string) {
	s.mu.Lock()
	r := s.wanted[channel]
	delete(s.wanted, channel)
	s.mu.Unlock()
	if r != nil {
		s.follower.running.Go(func() { s.follower.reassign(func() []*room { return []*room{r} }) })
	}
}
