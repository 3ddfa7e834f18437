package mutes

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
	"io"
	"slices"
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/session"
	"chatter/shared/wire"
)

const (
	// maxMarks bounds the marks of a process to 16 MiB: 145 messages a second for an hour.
	// Beyond it the oldest are dropped, and their authors cannot be muted any more.
	maxMarks = 1 << 19
	// Marks are dropped in batches: each has a process key of its own, and ends after this
	// share of the time that marks are kept, or of the number of marks.
	batchShare = 60
)

// mark is a salt and the HMAC of an author under it, 16 bytes each.
type mark [32]byte

// markOf returns the mark of an author under a salt.
func markOf(salt []byte, author session.Author) (m mark) {
	h := hmac.New(sha256.New, salt)
	h.Write(author[:])
	copy(m[:16], salt)
	copy(m[16:], h.Sum(nil))
	return m
}

// matches reports whether the mark is one of the author.
func (m mark) matches(author session.Author) bool {
	other := markOf(m[:16], author)
	return hmac.Equal(m[:], other[:])
}

var encoding = base64.RawURLEncoding.Strict()

func (m mark) String() string { return encoding.EncodeToString(m[:]) }

// MarshalText implements encoding.TextMarshaler.
func (m mark) MarshalText() ([]byte, error) { return encoding.AppendEncode(nil, m[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *mark) UnmarshalText(text []byte) error {
	b, err := encoding.DecodeString(string(text))
	if err != nil || len(b) != len(m) {
		return errors.New("not a mark")
	}
	copy(m[:], b)
	return nil
}

// marks are those of the messages that this process stored.
type marks struct {
	keep time.Duration
	max  int

	mu      sync.Mutex
	batches []*batch // the oldest first
	n       int      // marks in all of them
}

// batch holds marks that are dropped together.
type batch struct {
	keyed  hash.Hash // makes hashes under the process key
	begin  time.Time
	places []place
}

// place is where a message is found: a keyed hash of its room and ID, and the hash of the
// author. The salt of the mark is made of the room and the ID again.
type place struct{ message, author [16]byte }

// find returns the keyed hash of a message, and the salt of its mark.
func (b *batch) find(room name.Room, id wire.ID) (message [16]byte, salt []byte) {
	_, _ = io.WriteString(b.keyed, id.String()+" "+room.Key())
	sum := b.keyed.Sum(nil)
	b.keyed.Reset()
	copy(message[:], sum)
	return message, sum[16:]
}

// add keeps the mark of a message.
func (k *marks) add(now time.Time, author session.Author, room name.Room, id wire.ID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	b := k.current(now)
	message, salt := b.find(room, id)
	m := markOf(salt, author)
	b.places = append(b.places, place{message, [16]byte(m[16:])})
	k.n++
}

// current returns the batch that takes marks now.
func (k *marks) current(now time.Time) *batch {
	k.drop(now)
	if last := len(k.batches) - 1; last >= 0 {
		b := k.batches[last]
		if now.Sub(b.begin) < k.span() && len(b.places) < max(k.max/batchShare, 1) {
			return b
		}
	}
	key := make([]byte, 32)
	rand.Read(key)
	b := &batch{keyed: hmac.New(sha256.New, key), begin: now}
	k.batches = append(k.batches, b)
	return b
}

func (k *marks) span() time.Duration { return k.keep / batchShare }

// drop forgets the batches of which all marks have expired, and the oldest ones if there are
// too many marks.
func (k *marks) drop(now time.Time) {
	for len(k.batches) > 0 && (k.n >= k.max || now.Sub(k.batches[0].begin) >= k.keep+k.span()) {
		k.n -= len(k.batches[0].places)
		k.batches[0] = nil
		k.batches = k.batches[1:]
	}
}

// dropExpired forgets what has expired while nothing is said.
func (k *marks) dropExpired(now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(now)
}

// mark returns the mark of a message, if it is kept: the first one, because a later one is of a
// guest who has sent the same nonce.
func (k *marks) mark(now time.Time, room name.Room, id wire.ID) (m mark, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(now)
	for _, b := range k.batches {
		message, salt := b.find(room, id)
		if i := slices.IndexFunc(b.places, func(p place) bool { return p.message == message }); i >= 0 {
			copy(m[:16], salt)
			copy(m[16:], b.places[i].author[:])
			return m, now.Sub(id.Time()) < k.keep
		}
	}
	return mark{}, false
}

func (k *marks) len() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.n
}
