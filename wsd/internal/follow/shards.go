package follow

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// assign has a room subscribed to. On a Cluster it may have to ask where the room's shard is, so
// it does that on a goroutine of its own.
func (f *Follower) assign(r *room) {
	if f.client.Cluster() == nil {
		f.assignShard(r)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ctx.Err() == nil {
		f.running.Go(func() { f.assignShard(r) })
	}
}

// assignShard gives a room to the subscriber of its shard. It retries until the shard is known.
func (f *Follower) assignShard(r *room) {
	for f.ctx.Err() == nil {
		s, err := f.subscriberOf(r)
		if err != nil {
			pause(f.ctx, subscribeRetry)
			continue
		}
		if s.want(r) {
			return
		}
	}
}

// subscriberOf finds or makes the subscriber of a room's shard.
func (f *Follower) subscriberOf(r *room) (*subscriber, error) {
	cluster := f.client.Cluster()
	if cluster == nil {
		return f.subscriberAt("", f.client.Universal().Subscribe), nil
	}
	node, err := cluster.MasterForKey(f.ctx, r.notifications)
	if err != nil {
		return nil, err
	}
	return f.subscriberAt(node.Options().Addr, node.SSubscribe), nil
}

// subscriberAt finds or makes the subscriber of an address, "" if there is one server.
func (f *Follower) subscriberAt(addr string, open func(context.Context, ...string) *redis.PubSub) *subscriber {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.subs[addr]
	if s == nil {
		s = &subscriber{
			follower: f, addr: addr, open: open,
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

// reassign assigns rooms anew, after a pause. Nothing but the client's own commands would tell it
// of a slot that has moved, and there may be none.
func (f *Follower) reassign(rooms func() []*room) {
	if cluster := f.client.Cluster(); cluster != nil {
		cluster.ReloadState(f.ctx)
	}
	pause(f.ctx, subscribeRetry)
	for _, r := range rooms() {
		f.assign(r)
	}
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
