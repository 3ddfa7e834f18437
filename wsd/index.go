package main

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"time"

	"chatter/shared/recent"
	"chatter/shared/wire"
	"chatter/wsd/internal/live"
)

const (
	// The index changes at most this often.
	indexEvery = time.Second
	indexLines = 50
)

// index looks at the recents while somebody does, and publishes them when
// they change.
type index struct {
	feed    *live.Feed
	recents *recent.Recents
	logger  *slog.Logger
	shown   []byte // to those who are there, of the loop
	stop    context.CancelFunc
	running sync.WaitGroup
}

func newIndex(hub *live.Hub, recents *recent.Recents, logger *slog.Logger) *index {
	ctx, stop := context.WithCancel(context.Background())
	x := &index{feed: hub.NewFeed(), recents: recents, logger: logger, stop: stop}
	x.running.Go(func() { x.loop(ctx) })
	return x
}

func (x *index) close() {
	x.stop()
	x.running.Wait()
}

func (x *index) loop(ctx context.Context) {
	tick := time.NewTicker(indexEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		x.look(ctx)
	}
}

// look shows the recents to those who are there. What nobody was there to see the end
// of is forgotten: it would be the first that the next guest sees, hours old.
func (x *index) look(ctx context.Context) {
	if x.feed.Members() == 0 {
		if x.shown != nil {
			x.feed.Forget()
			x.shown = nil
		}
		return
	}
	lists, err := x.recents.Read(ctx, indexLines)
	if err != nil {
		x.logger.Debug("read recents", "error", err)
		return
	}
	frame := wire.AppendRecent(nil, names(lists.Users), names(lists.Rooms))
	if !bytes.Equal(frame, x.shown) {
		x.shown = frame
		x.feed.Publish(frame)
	}
}

func names(lines []recent.Line) []string {
	names := make([]string, len(lines))
	for i, line := range lines {
		names[i] = line.Name
	}
	return names
}
