package roomlog

import (
	"context"
	"errors"
	"maps"
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

var errSilent = errors.New("subscription is silent")

// subscriber holds one pub/sub connection: the only one, or on a Cluster one
// per shard. The connection is made when the first channel is wanted and kept.
type subscriber struct {
	follower *Follower
	open     func(ctx context.Context) *redis.PubSub
	sharded  bool

	mu      sync.Mutex
	ended   bool                 // a shard that may have moved: takes no more rooms
	wanted  map[string]*followed // by channel
	changed map[string]struct{}  // channels to subscribe or unsubscribe
	wake    chan struct{}
}

// assign gives a room to the subscriber of its shard. On a Cluster it may
// have to ask where the shard is, so it does that on a goroutine of its own.
func (f *Follower) assign(r *followed) {
	cluster := f.log.client.Cluster()
	if cluster == nil {
		f.subscriberFor("", func(ctx context.Context) *redis.PubSub {
			return f.log.client.Universal().Subscribe(ctx)
		}).want(r)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ctx.Err() == nil {
		f.running.Go(func() { f.assignShard(cluster, r) })
	}
}

// assignShard retries until the shard is known.
func (f *Follower) assignShard(cluster *redis.ClusterClient, r *followed) {
	for {
		node, err := cluster.MasterForKey(f.ctx, r.channel)
		if err == nil && f.subscriberFor(node.Options().Addr, func(ctx context.Context) *redis.PubSub {
			return node.SSubscribe(ctx)
		}).want(r) {
			return
		}
		if !pause(f.ctx, subscribeRetry) {
			return
		}
	}
}

func (f *Follower) subscriberFor(addr string, open func(context.Context) *redis.PubSub) *subscriber {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.subs[addr]
	if s == nil {
		s = &subscriber{
			follower: f, open: open, sharded: addr != "",
			wanted:  make(map[string]*followed),
			changed: make(map[string]struct{}),
			wake:    make(chan struct{}, 1),
		}
		f.subs[addr] = s
		if f.ctx.Err() == nil {
			f.running.Go(s.run)
		}
	}
	return s
}

func (f *Follower) unassign(r *followed) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.subs {
		s.drop(r)
	}
}

// want takes r, unless this subscriber has ended, which it reports.
func (s *subscriber) want(r *followed) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	if !r.isEnded() {
		s.wanted[r.channel] = r
		s.changed[r.channel] = struct{}{}
		s.signal()
	}
	return true
}

// drop forgets r, unless its channel belongs to a newer follower by now.
func (s *subscriber) drop(r *followed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wanted[r.channel] == r {
		delete(s.wanted, r.channel)
		s.changed[r.channel] = struct{}{}
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
		s.session(ctx)
		if s.sharded {
			s.moveOn()
			return
		}
		pause(ctx, subscribeRetry)
	}
}

// session subscribes to what is wanted and receives until the connection
// fails. go-redis would reconnect by itself; a session of our own makes every
// reconnection visible, and each confirmation has the room read again.
func (s *subscriber) session(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	pubsub := s.open(ctx)
	s.mu.Lock()
	for channel := range s.wanted {
		s.changed[channel] = struct{}{}
	}
	s.mu.Unlock()
	s.signal()

	// A receiver waits in a read that only the closed connection ends.
	defer context.AfterFunc(ctx, func() { _ = pubsub.Close() })()

	var writer sync.WaitGroup
	writer.Go(func() { s.subscribeLoop(ctx, pubsub) })
	_ = s.receive(ctx, pubsub) // whatever ended it: the next session confirms, and reads, every room
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
				// on without a writer. A new session sends everything.
				_ = pubsub.Close()
				return
			}
		}
	}
}

func (s *subscriber) takeChanges() (subscribe, unsubscribe []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for channel := range s.changed {
		if len(subscribe)+len(unsubscribe) >= subscribeChunk {
			break
		}
		delete(s.changed, channel)
		if _, wanted := s.wanted[channel]; wanted {
			subscribe = append(subscribe, channel)
		} else {
			unsubscribe = append(unsubscribe, channel)
		}
	}
	return subscribe, unsubscribe
}

func (s *subscriber) send(ctx context.Context, pubsub *redis.PubSub, subscribe, unsubscribe []string) error {
	if s.sharded {
		return errors.Join(eachAlone(ctx, pubsub.SSubscribe, subscribe), eachAlone(ctx, pubsub.SUnsubscribe, unsubscribe))
	}
	if len(subscribe) > 0 {
		if err := pubsub.Subscribe(ctx, s.withOwn(subscribe)...); err != nil {
			return err
		}
	}
	if len(unsubscribe) > 0 {
		return pubsub.Unsubscribe(ctx, s.withOwn(unsubscribe)...)
	}
	return nil
}

// withOwn adds the own channel of each. All of one command happens at once, so the
// append script always finds both subscribed or neither.
func (s *subscriber) withOwn(channels []string) []string {
	both := make([]string, 0, 2*len(channels))
	for _, channel := range channels {
		both = append(both, channel, s.follower.log.ownChannel(channel))
	}
	return both
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
			if !isTimeout(err) || ctx.Err() != nil {
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
				tamper(got.Channel, got.Payload, s.message)
				continue
			}
			s.message(got.Channel, got.Payload)
		case *redis.Subscription:
			switch got.Kind {
			case "subscribe", "ssubscribe":
				if r := s.followed(got.Channel); r != nil {
					r.confirmed()
				}
			case "sunsubscribe":
				s.moved(got.Channel)
			}
		}
	}
}

func (s *subscriber) message(channel, payload string) {
	r := s.followed(channel)
	if r == nil {
		return
	}
	h, err := parseHint(payload)
	if err != nil {
		// Nobody but the append script publishes here; whoever did, the
		// stream knows better.
		r.mu.Lock()
		r.lookLocked()
		r.mu.Unlock()
		return
	}
	if r.take(h) {
		s.follower.sink.Flush(r.room)
	}
}

func (s *subscriber) followed(channel string) *followed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wanted[channel]
}

// moved gives a room back whose slot has moved to another shard.
func (s *subscriber) moved(channel string) {
	s.mu.Lock()
	r := s.wanted[channel]
	delete(s.wanted, channel)
	s.mu.Unlock()
	if r != nil {
		s.follower.reassign(r)
	}
}

// moveOn gives the rooms of a failed shard connection back, for their slots
// may have moved, and ends this subscriber.
func (s *subscriber) moveOn() {
	f := s.follower
	f.mu.Lock()
	for addr, other := range f.subs {
		if other == s {
			delete(f.subs, addr)
		}
	}
	f.mu.Unlock()
	s.mu.Lock()
	rooms := slices.Collect(maps.Values(s.wanted))
	s.ended = true
	s.wanted = make(map[string]*followed)
	s.mu.Unlock()
	f.reassign(rooms...)
}

// reassign looks for the shards of rooms anew. Nothing but the client's own
// commands would tell it of a slot that has moved, and there may be none.
func (f *Follower) reassign(rooms ...*followed) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ctx.Err() != nil {
		return
	}
	f.log.client.Cluster().ReloadState(f.ctx)
	f.running.Go(func() {
		if !pause(f.ctx, subscribeRetry) {
			return
		}
		for _, r := range rooms {
			f.assign(r)
		}
	})
}
