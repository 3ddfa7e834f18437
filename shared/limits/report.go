package limits

import (
	"crypto/rand"
	"slices"
	"time"
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

// maxReported bounds the rooms in one report. The rest is in the next one.
const maxReported = 2000

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
			Crowd:   max(r.crowd.now, r.crowd.before),
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
		r.charge(max(told.Tokens, 0))
		r.others = slices.DeleteFunc(r.others, func(o others) bool {
			return o.process == report.Process || now.Sub(o.at) > talkWindow
		})
		if len(r.others) < maxProcesses {
			r.others = append(r.others, others{report.Process, report.Salt, told.Several, told.Mark, max(told.Crowd, 0), now})
		}
	}
}
