package wire

import (
	"cmp"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// ID is the ID of a Redis stream entry. IDs order a room's messages, carry the
// time at which each was stored, and serve as cursors. The zero ID is before
// every message.
type ID struct {
	Ms  uint64 // Redis's clock in Unix milliseconds
	Seq uint64 // tells entries of one millisecond apart
}

var errID = errors.New("not a message ID")

// ParseID reads an ID as String writes it. Redis accepts other spellings (a bare "5", leading
// zeros). Here they are errors, so that a message has one ID.
func ParseID(s string) (ID, error) {
	var id ID
	ms, seq, _ := strings.Cut(s, "-")
	id.Ms, _ = strconv.ParseUint(ms, 10, 64)
	id.Seq, _ = strconv.ParseUint(seq, 10, 64)
	if id.String() != s { // also after an error
		return ID{}, errID
	}
	return id, nil
}

// UnmarshalText is ParseID.
func (id *ID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseID(string(text))
	return err
}

// String returns the ID as Redis writes it, "ms-seq".
func (id ID) String() string {
	return strconv.FormatUint(id.Ms, 10) + "-" + strconv.FormatUint(id.Seq, 10)
}

// Compare returns -1, 0 or +1 as id is before, at or after other in the log.
func (id ID) Compare(other ID) int {
	return cmp.Or(cmp.Compare(id.Ms, other.Ms), cmp.Compare(id.Seq, other.Seq))
}

// IsZero reports whether id is the zero ID, which no message has.
func (id ID) IsZero() bool { return id == ID{} }

// Time returns when the message was stored, in UTC, to the millisecond.
func (id ID) Time() time.Time {
	return time.UnixMilli(int64(min(id.Ms, math.MaxInt64))).UTC()
}

// FirstID returns the lowest ID that an entry stored at t may have.
func FirstID(t time.Time) ID { return ID{Ms: uint64(max(t.UnixMilli(), 0))} }

// Removal says that a message was removed from a room's log.
type Removal struct {
	ID ID
	At uint64 // when, by Redis's clock in Unix milliseconds
}

// removalDelay is more than the time that passes before every process has obeyed a removal. In
// that time a process may deliver newer messages, which move the cursors of its clients.
const removalDelay = 2 * time.Minute

// RemovedSince returns the time in Unix milliseconds from which on removals may be unknown to a
// client that comes with the cursor id.
func RemovedSince(id ID) uint64 {
	return id.Ms - min(id.Ms, uint64(removalDelay.Milliseconds()))
}

// Entry is a message in a room's log.
type Entry struct {
	ID   ID
	Text string // as ParseText returned it before the append
}

// Stored says where a message stands in a room's log.
type Stored struct {
	ID    ID
	Known bool // its nonce had been stored before, under ID
}
