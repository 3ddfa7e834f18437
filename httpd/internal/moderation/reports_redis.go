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
	Room    name.Room
	ID      wire.ID
	Text    string
	Reports int
	Classes int // of addresses, at least
}

func (r *Reports) loop(ctx context.Context) {
	write, look := time.NewTicker(writeEvery), time.NewTicker(min(lookEvery, r.opts.Retention/4))
	defer write.Stop()
	defer look.Stop()
	for {
		// If Redis does not answer, the next tick tries again.
		select {
		case <-write.C:
			_ = r.write(ctx)
		case <-look.C:
			_, _ = r.List(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
			defer cancel()
			_ = r.write(last)
			return
		}
	}
}

// write adds the unwritten counts to those in Redis, all at once and sorted.
func (r *Reports) write(ctx context.Context) error {
	r.mu.Lock()
	taken := r.unwritten
	r.unwritten = make(map[messageRef]counts)
	r.mu.Unlock()
	if len(taken) == 0 {
		return nil
	}
	byMember := make(map[string]counts)
	for m, c := range taken {
		byMember[memberOf(m)] = c
	}
	args := []any{maxReported, classUnit, r.opts.Retention.Milliseconds()}
	for _, member := range slices.Sorted(maps.Keys(byMember)) {
		args = append(args, member, byMember[member].reports, byMember[member].classes)
	}
	err := redisconn.Unavailable("write reports", reportsScript.Run(ctx, r.client.Universal(), []string{r.key}, args...).Err())
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		for m, c := range taken {
			r.addUnwritten(m, c)
		}
		return err
	}
	if r.opts.Expires != nil {
		r.opts.Expires(time.Now().Add(r.opts.Retention + lookEvery))
	}
	return nil
}

// memberOf returns what stands for a message in Redis.
func memberOf(m messageRef) string {
	return strings.Trim(strings.TrimPrefix(m.room.Path(), "/chat/"), "/") + " " + m.id.String()
}

func parseMember(member string) (m messageRef, err error) {
	escaped, id, _ := strings.Cut(member, " ")
	if m.room, _, err = name.ParseRoomPath(escaped); err != nil {
		return m, err
	}
	m.id, err = wire.ParseID(id)
	return m, err
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
	texts := make(map[string]*roomlog.Page)
	for _, z := range scores {
		member, _ := z.Member.(string)
		if m, err := parseMember(member); err == nil {
			texts[member] = r.log.At(b, m.room, m.id)
		}
	}
	if err := b.Run(ctx); err != nil {
		return nil, err
	}
	var list []Reported
	var gone []string
	for _, z := range scores {
		member, _ := z.Member.(string)
		m, _ := parseMember(member)
		if page := texts[member]; page == nil || len(page.Entries) == 0 {
			gone = append(gone, member)
		} else {
			list = append(list, Reported{
				Room: m.room, ID: m.id, Text: page.Entries[0].Text,
				Reports: int(z.Score) % classUnit, Classes: int(z.Score) / classUnit,
			})
		}
	}
	return list, r.forget(ctx, gone)
}

func (r *Reports) forget(ctx context.Context, members []string) error {
	if len(members) == 0 {
		return nil
	}
	return redisconn.Unavailable("forget reports", r.client.Universal().ZRem(ctx, r.key, members).Err())
}

// reportLine is a reported message.
type reportLine struct {
	Room    string `json:"room"`
	ID      string `json:"id"`
	Text    string `json:"text"`
	Reports int    `json:"reports"`
	Classes int    `json:"classes"` // of addresses, at least
}

func (m *Moderation) getReports(ctx context.Context, _ url.Values) (any, error) {
	list, err := m.Reports.List(ctx)
	lines := make([]reportLine, len(list))
	for i, r := range list {
		lines[i] = reportLine{r.Room.String(), r.ID.String(), r.Text, r.Reports, r.Classes}
	}
	return map[string]any{"reports": lines}, err
}
