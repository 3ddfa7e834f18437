package roomlog

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

func (f *Follower) enqueue(r *followed) {
	f.queueMu.Lock()
	f.queue = append(f.queue, r)
	f.queueMu.Unlock()
	select {
	case f.looks <- struct{}{}:
	default:
	}
}

func (f *Follower) dequeue() []*followed {
	f.queueMu.Lock()
	defer f.queueMu.Unlock()
	n := min(len(f.queue), lookRooms)
	rooms := f.queue[:n:n]
	f.queue = f.queue[n:]
	return rooms
}

func (f *Follower) lookLoop() {
	for {
		select {
		case <-f.ctx.Done():
			return
		case <-f.looks:
		}
		for {
			rooms := f.dequeue()
			if len(rooms) == 0 {
				break
			}
			f.look(rooms)
			clear(rooms) // the queue's memory lives on
		}
	}
}

// look reads the streams of rooms in one round trip.
func (f *Follower) look(rooms []*followed) {
	ctx, cancel := context.WithTimeout(f.ctx, commitTimeout)
	defer cancel()
	pipe := f.log.client.Universal().Pipeline()
	cmds := make([]*redis.XMessageSliceCmd, len(rooms))
	for i, r := range rooms {
		cmds[i] = r.command(ctx, pipe)
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	for i, r := range rooms {
		r.looked(cmds[i])
		f.sink.Flush(r.room)
	}
}

// command asks for what the room lacks: its newest entries, or what follows
// the last one it has, that one included for proof.
func (r *followed) command(ctx context.Context, pipe redis.Pipeliner) *redis.XMessageSliceCmd {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.again = false
	r.refreshing, r.refresh = r.refreshing || r.refresh, false
	key := r.follower.log.keys.log(r.room)
	if !r.loaded {
		return pipe.XRevRangeN(ctx, key, "+", r.follower.log.oldest(), loadEntries+1)
	}
	r.asked = r.chain.last
	return pipe.XRangeN(ctx, key, r.asked.String(), "+", lookEntries+1)
}

// looked takes what the stream says.
func (r *followed) looked(cmd *redis.XMessageSliceCmd) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return
	}
	var more bool
	var err error
	if r.loaded {
		more, err = r.continueLocked(cmd)
	} else {
		err = r.loadLocked(cmd)
	}
	if err != nil {
		r.retryLocked()
		return
	}
	r.failures = 0
	r.looking = false
	if more {
		r.lookLocked()
		return
	}
	if r.refreshing && r.loaded {
		r.refreshing = false
		r.follower.sink.Refreshed(r.room)
	}
	if entries := r.chain.settle(); len(entries) > 0 {
		r.follower.sink.Deliver(r.room, entries)
	}
	switch {
	case r.again || r.refresh:
		r.lookLocked()
	case len(r.chain.held) > 0:
		r.graceLocked()
	}
}

// loadLocked begins the room.
func (r *followed) loadLocked(cmd *redis.XMessageSliceCmd) error {
	page, err := pageOf(cmd, loadEntries)
	if err != nil {
		return err
	}
	r.chain.restart(page.Entries)
	r.loaded = true
	r.follower.sink.Reset(r.room, page.Entries, !page.More)
	return nil
}

// continueLocked takes what follows the last entry delivered, or finds that
// entry gone.
func (r *followed) continueLocked(cmd *redis.XMessageSliceCmd) (more bool, err error) {
	entries, stands, read, err := afterOf(cmd, r.asked)
	if err != nil {
		return false, err
	}
	more = read > lookEntries && len(entries) > 0
	// An empty log has no last entry to stand in it.
	if !stands && !r.asked.IsZero() && (more || !r.expiredLocked()) {
		r.loaded = false // begin again: the sink takes that for a gap
		return true, nil
	}
	// Hints have gone on meanwhile.
	for len(entries) > 0 && entries[0].ID.Compare(r.chain.last) <= 0 {
		entries = entries[1:]
	}
	if len(entries) > 0 {
		r.chain.extend(entries)
		r.follower.sink.Deliver(r.room, entries)
	}
	return more, nil
}

// expiredLocked reports whether the last entry delivered is so old that the
// log has dropped it by age, and with it all that is as old: no gap.
func (r *followed) expiredLocked() bool {
	return time.Since(r.asked.Time()) >= r.follower.log.opts.Retention
}

// retryLocked queues the room again after a delay: Redis is away.
func (r *followed) retryLocked() {
	delay := min(minRetry<<min(r.failures, 10), maxRetry)
	r.failures++
	time.AfterFunc(delay, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if !r.ended {
			r.follower.enqueue(r)
		}
	})
}
