package moderation

import (
	"context"
	_ "embed"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"

	"github.com/redis/go-redis/v9"
)

//go:embed reports.lua
var reportsSource string

var reportsScript = redis.NewScript(reportsSource)

// classUnit is the score of one class. Below it the score counts reports, so that messages
// with reports from more classes come first.
const classUnit = 1 << 20

const (
	// lookEvery is how often reports of messages are looked for that do not exist any more.
	lookEvery = time.Minute
	// closeTimeout bounds the last write.
	closeTimeout = 2 * time.Second
)

// Reported is a message that guests have reported.
type Reported struct {
	Room    string `json:"room"`
	Path    string `json:"-"` // of the room
	ID      string `json:"id"`
	Text    string `json:"text"`
	Reports int    `json:"reports"`
	Classes int    `json:"classes"` // of addresses, at least

	member string
	found  *roomlog.Page // with the message, if it exists
}

// write adds the unwritten counts to those in Redis, all at once and sorted.
func (r *Reports) write(ctx context.Context) error {
	r.mu.Lock()
	taken := r.unwritten
	r.unwritten = make(map[string]counts)
	r.mu.Unlock()
	if len(taken) == 0 {
		return nil
	}
	args := []any{maxReported, classUnit, r.opts.Retention.Milliseconds()}
	for _, member := range slices.Sorted(maps.Keys(taken)) {
		args = append(args, member, taken[member].reports, taken[member].classes)
	}
	err := redisconn.Unavailable("write reports", reportsScript.Run(ctx, r.client.Universal(), []string{r.key}, args...).Err())
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		for member, c := range taken {
			r.addUnwritten(member, c)
		}
		return err
	}
	if r.opts.Expires != nil {
		r.opts.Expires(time.Now().Add(r.opts.Retention + lookEvery))
	}
	return nil
}

// memberOf returns what stands for a message in Redis, the same for all spellings of the room.
// If the room's comparison key is longer than a name can be, each spelling stands for itself.
func memberOf(room name.Room, id wire.ID) string {
	if same, err := name.ParseRoom(room.Key()); err == nil {
		room = same
	}
	return url.PathEscape(room.String()) + " " + id.String()
}

func parseMember(member string) (room name.Room, id wire.ID, err error) {
	escaped, text, _ := strings.Cut(member, " ")
	if room, _, err = name.ParseRoomPath(escaped); err != nil {
		return room, id, err
	}
	id, err = wire.ParseID(text)
	return room, id, err
}

// List returns the reported messages, those with reports from most classes first. It forgets
// the reports of messages that do not exist any more. The error wraps
// redisconn.ErrUnavailable.
func (r *Reports) List(ctx context.Context) ([]Reported, error) {
	scores, err := r.client.Universal().ZRevRangeByScoreWithScores(ctx, r.key,
		&redis.ZRangeBy{Min: "0", Max: "+inf", Count: maxReported}).Result()
	if err := redisconn.Unavailable("read reports", err); err != nil {
		return nil, err
	}
	b := r.client.Batch()
	list := make([]Reported, len(scores))
	for i, z := range scores {
		member, _ := z.Member.(string)
		list[i] = Reported{member: member, Reports: int(z.Score) % classUnit, Classes: int(z.Score) / classUnit, found: new(roomlog.Page)}
		if room, id, err := parseMember(member); err == nil {
			list[i].Room, list[i].Path, list[i].ID = room.String(), room.Path(), id.String()
			list[i].found = r.log.At(b, room, id)
		}
	}
	if err := b.Run(ctx); err != nil {
		return nil, err
	}
	var gone []any
	list = slices.DeleteFunc(list, func(m Reported) bool {
		if len(m.found.Entries) > 0 {
			return false
		}
		gone = append(gone, m.member)
		return true
	})
	for i := range list {
		list[i].Text = list[i].found.Entries[0].Text
	}
	if len(gone) == 0 {
		return list, nil
	}
	return list, redisconn.Unavailable("forget reports", r.client.Universal().ZRem(ctx, r.key, gone...).Err())
}
