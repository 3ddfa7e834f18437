package main

import (
	"bytes"
	"context"
	"log/slog"
	"time"

	"chatter/shared/recent"
	"chatter/shared/wire"
	"chatter/wsd/internal/live"
)

// publishEvery is the time between two looks at the lists.
const publishEvery = time.Second

// index publishes the presence lists to the members of its feed when they change.
type index struct {
	feed      *live.Feed
	presence  *recent.Presence
	logger    *slog.Logger
	published []byte // the last frame; nil = none. Owned by publish
}

// publish sends the presence lists to all members of the feed. Without members it drops
// the last lists, so that the next member does not receive lists that are hours old.
func (x *index) publish(ctx context.Context) {
	if x.feed.Members() == 0 {
		if x.published != nil {
			x.feed.Clear()
			x.published = nil
		}
		return
	}
	lists, err := x.presence.Read(ctx)
	if err != nil {
		x.logger.Debug("read presence lists", "error", err)
		return
	}
	frame := wire.AppendRecent(nil, names(lists.Users), names(lists.Rooms))
	if !bytes.Equal(frame, x.published) {
		x.published = frame
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
