package main

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"chatter/supervisor/run/stack"
)

// soak has guests come and go in a stack that nothing else happens to, and tells what it
// saw of them and of the services.
func soak(ctx context.Context, c config, out io.Writer) (r *report, err error) {
	err = onStage(ctx, c, out, nil, func(sc *scene) error {
		rooms, err := parseRooms(c.Rooms)
		if err != nil {
			return err
		}
		if sc.recorder, err = newRecorder(sc.stack.RedisURL(), rooms); err != nil {
			return err
		}
		defer sc.recorder.close()
		client := &http.Client{
			Timeout:   patience,
			Transport: &http.Transport{MaxIdleConnsPerHost: c.Guests},
		}
		defer client.CloseIdleConnections()
		ch := &churn{scene: sc, rooms: rooms, client: client, begun: time.Now(), views: make(map[string]int)}
		r, err = sc.soak(ctx, ch)
		return err
	})
	return r, err
}

// soak runs everything and ends it in the order in which it can be judged.
func (sc *scene) soak(ctx context.Context, ch *churn) (*report, error) {
	read, stopReading := context.WithCancel(ctx)
	var recording sync.WaitGroup
	recording.Go(func() { sc.recorder.run(read) })
	stop := func() { stopReading(); recording.Wait() }

	present, leave := context.WithCancelCause(ctx)
	defer func() { leave(nil); ch.guests.Wait() }()
	held, err := sc.live(ctx, present, ch)
	if err != nil {
		stop()
		return nil, err
	}
	begun := time.Now()
	sc.people = ch.stayed()
	// What does not come within the patience is for the judge.
	_ = sc.until(ctx, "everything is acked", sc.allAcked)
	stop()
	if err := sc.until(ctx, "the logs can be read", func() bool { return sc.recorder.read(ctx) == nil }); err != nil {
		return nil, err
	}
	_ = sc.until(ctx, "everybody has seen everything", sc.allSeen)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	drained := time.Since(begun)
	leave(nil)
	ch.guests.Wait()
	return &report{
		config: sc.config, people: ch.people, rooms: sc.recorder.rooms,
		verdict: judge(ch.people, sc.recorder.rooms), views: map[string]map[string]int{none: ch.views},
		drained: drained, held: held, logs: stack.LogEnds(sc.stack.Dir()),
	}, nil
}

// live has guests come and go for as long as they are to, and looks at the services.
func (sc *scene) live(ctx, present context.Context, ch *churn) (*holdings, error) {
	ctx, cancel := context.WithTimeout(ctx, sc.config.Duration)
	defer cancel()
	var running sync.WaitGroup
	for i := range sc.config.Guests {
		running.Go(func() { ch.come(ctx, present, newRandom(sc.config.Seed, uint64(i)+100)) })
	}
	held, err := watch(ctx, sc.stack, sc.config.Duration)
	cancel()
	running.Wait()
	return held, err
}
