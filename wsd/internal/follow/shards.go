package follow

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

// assign gives a room to the subscriber of its shard. On a Cluster it may
// have to ask where the shard is, so it does that on a goroutine of its own.
func (f *Follower) assign(r *room) {
	cluster := f.client.Cluster()
	if cluster == nil {
		f.subscriberFor("", func(ctx context.Context) *redis.PubSub {
			return f.client.Universal().Subscribe(ctx)
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
func (f *Follower) assignShard(cluster *redis.ClusterClient, r *room) {
	for {
		node, err := cluster.MasterForKey(f.ctx, r.notifications)
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
	s.wanted = make(map[string]*room)
	s.mu.Unlock()
	f.reassign(rooms...)
}

// reassign looks for the shards of rooms anew. Nothing but the client's own
// commands would tell it of a slot that has moved, and there may be none.
func (f *Follower) reassign(rooms ...*room) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ctx.Err() != nil {
		return
	}
	f.client.Cluster().ReloadState(f.ctx)
	f.running.Go(func() {
		if !pause(f.ctx, subscribeRetry) {
			return
		}
		for _, r := range rooms {
			f.assign(r)
		}
	})
}

// pause waits for d and reports whether ctx still goes on.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
	return ctx.Err() == nil
}
