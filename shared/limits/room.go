package limits

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"
)

const (
	// talkWindow is how long a class counts as one that talks in a room after its last message.
	talkWindow = 10 * time.Minute
	// maxProcesses bounds the processes of which a room remembers a report.
	maxProcesses = 32
)

// roomID is a keyed hash of a room's key, the same in all processes.
type roomID [16]byte

func (l *Limiter) roomID(key string) roomID {
	sum := hash(l.key, nil, key)
	return roomID(sum[:len(roomID{})])
}

// MarshalText implements encoding.TextMarshaler.
func (id roomID) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, id[:]), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *roomID) UnmarshalText(text []byte) error {
	b, err := base64.RawURLEncoding.DecodeString(string(text))
	if err != nil || len(b) != len(id) {
		return errors.New("not the ID of a room")
	}
	copy(id[:], b)
	return nil
}

// room is what this process knows of the talk in a room. It begins as empty when the process
// starts.
type room struct {
	bucket               // of all processes together
	crowd      crowd     // of classes that want tokens
	local      [2]talker // the last two of different tags, the later one first
	others     []others
	unreported float64 // tokens since the last report
}

// talker is a class that has talked through this process.
type talker struct {
	tag uint16
	at  time.Time // of the last message; zero for nobody
}

// others is what another process has reported last of the room.
type others struct {
	RoomReport
	process string
	salt    string
	at      time.Time
}

// tag returns 16 bits of a keyed hash, which are the same in all processes. 65,536 IPv4
// addresses have the same, so that it tells two classes apart but identifies none.
func (n Network) tag(key []byte) uint16 {
	sum := n.hash(key)
	return binary.BigEndian.Uint16(sum[:])
}

// markOf is how a tag appears in a report: with the salt of the report, so that nobody
// without the key can tell whether two reports are about the same class.
func markOf(tag uint16, salt string, key []byte) uint16 {
	sum := hash(key, []byte{byte(tag >> 8), byte(tag)}, salt)
	return binary.BigEndian.Uint16(sum[:])
}

// contested reports whether another class than that of the tag talks in the room, through
// any process.
func (r *room) contested(tag uint16, key []byte, now time.Time) bool {
	for _, t := range r.local {
		if t.talksAt(now) && t.tag != tag {
			return true
		}
	}
	for i := range r.others {
		o := &r.others[i]
		if now.Sub(o.at) <= talkWindow && (o.Several || o.Mark != markOf(tag, o.salt, key)) {
			return true
		}
	}
	return false
}

// crowdElsewhere is how many classes want the room's tokens in other processes.
func (r *room) crowdElsewhere(now time.Time) (n int) {
	for i := range r.others {
		if o := &r.others[i]; now.Sub(o.at) <= 2*crowdPeriod {
			n += o.Crowd
		}
	}
	return n
}

func (t talker) talksAt(now time.Time) bool { return !t.at.IsZero() && now.Sub(t.at) <= talkWindow }

// said notes a message.
func (r *room) said(tag uint16, cost float64, now time.Time) {
	r.unreported += cost
	if r.local[0].tag != tag {
		r.local[1] = r.local[0]
	}
	r.local[0] = talker{tag, now}
}
