package limits

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"slices"
	"time"

	"chatter/shared/redisconn"
)

const (
	reportEvery   = time.Second
	reportTimeout = 2 * time.Second
	forgetEvery   = time.Minute
	// maxReported bounds the rooms in one report. The rest is in the next one.
	maxReported = 2000
)

// A Report tells the other processes what was said through this one since its last report. It
// has neither a room's name nor a class nor a session. Without the key, nobody can tell whether
// two reports are about the same class. It is sent once a second at most, so the time of a
// message does not show more exactly than in the log.
type Report struct {
	Process string                `json:"process"`
	Salt    string                `json:"salt"`
	Rooms   map[roomID]RoomReport `json:"rooms"`
}

// RoomReport is about one room.
type RoomReport struct {
	Tokens  float64 `json:"tokens"`            // of the messages
	Several bool    `json:"several,omitempty"` // different classes talk
	Mark    uint16  `json:"mark,omitempty"`    // of the only class
	Crowd   int     `json:"crowd"`             // classes that want the room's tokens
}

// Start sends reports to the other processes and takes theirs until Close. Redis stores nothing
// of them: they are published only. It also logs when an attack begins and when it is over.
func (l *Limiter) Start(redis *redisconn.Client, prefix string, logger *slog.Logger) {
	if l == nil {
		return
	}
	channel, watch := prefix+"talk", newAttackWatch(logger)
	l.tasks.Every(reportEvery, func(ctx context.Context) {
		now := time.Now()
		watch.look(&l.refusals, now)
		if report, ok := l.Report(now); ok {
			text, _ := json.Marshal(report) // it holds strings and numbers
			// A report that is lost makes the limits weaker for a moment.
			ctx, cancel := context.WithTimeout(ctx, reportTimeout)
			defer cancel()
			_ = redis.Universal().Publish(ctx, channel, text).Err()
		}
	})
	l.tasks.Every(forgetEvery, func(context.Context) { l.Forget(time.Now()) })
	l.tasks.Go(func(ctx context.Context) {
		redis.Listen(ctx, channel, false, func() {}, func(text string) {
			var report Report
			if json.Unmarshal([]byte(text), &report) == nil {
				l.Learn(report, time.Now())
			}
		})
	})
}

// Close ends what Start began.
func (l *Limiter) Close() {
	if l != nil {
		l.tasks.Close()
	}
}

// Report returns what was said since the last one. ok is false if that is nothing.
func (l *Limiter) Report(now time.Time) (report Report, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	report = Report{Process: l.id, Salt: rand.Text(), Rooms: make(map[roomID]RoomReport)}
	for id := range l.changed {
		if len(report.Rooms) == maxReported {
			break
		}
		delete(l.changed, id)
		r := l.rooms.get(id, now)
		if r.unreported == 0 {
			continue // forgotten meanwhile
		}
		report.Rooms[id] = RoomReport{
			Tokens:  r.unreported,
			Several: r.local[1].talksAt(now),
			Mark:    markOf(r.local[0].tag, report.Salt, l.key),
			Crowd:   r.crowd.size(),
		}
		r.unreported = 0
	}
	return report, len(report.Rooms) > 0
}

// Learn takes the report of another process.
func (l *Limiter) Learn(report Report, now time.Time) {
	if report.Process == l.id {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, told := range report.Rooms {
		r := l.rooms.get(id, now)
		r.refill(l.figures.Room, now)
		r.charge(told.Tokens)
		r.others = slices.DeleteFunc(r.others, func(o others) bool {
			return o.process == report.Process || now.Sub(o.at) > talkWindow
		})
		if len(r.others) < maxProcesses {
			r.others = append(r.others, others{told, report.Process, report.Salt, now})
		}
	}
}
