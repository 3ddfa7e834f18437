package recent

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"chatter/shared/name"
)

// Line is a name that was seen in the bucket that begins at At.
type Line struct {
	Name string
	At   time.Time
}

// Lists are the recent users and rooms, the newest bucket first, by name
// inside a bucket.
type Lists struct {
	Users, Rooms []Line
}

// With returns the lists of up to n lines as they are once user and room have been
// touched at now, for those who need not ask Redis again to know. A zero user or room
// is left out. What it is called on stays as it is, and is what it returns when nothing
// changes.
func (l *Lists) With(user name.User, room name.Room, now time.Time, n int) *Lists {
	users, rooms := l.Users, l.Rooms
	if !user.IsZero() {
		users = with(users, user.String(), now, n, userKey)
	}
	if !room.IsZero() {
		rooms = with(rooms, room.String(), now, n, roomKey)
	}
	if slices.Equal(users, l.Users) && slices.Equal(rooms, l.Rooms) {
		return l
	}
	return &Lists{Users: users, Rooms: rooms}
}

func with(old []Line, text string, now time.Time, n int, key keyOf) []Line {
	if Shows(old, text, now) || beyond(old, text, now, n) {
		return old
	}
	line := Line{Name: text, At: now.Truncate(Bucket).UTC()}
	return lines(append(slices.Clone(old), line), n, key)
}

// beyond reports whether n lines stand before the name, all in the bucket of now: it is
// not listed, and no other spelling of it gives way. That spares a busy site to look at
// every name for each guest who comes.
func beyond(list []Line, text string, now time.Time, n int) bool {
	if len(list) < n || n == 0 {
		return false
	}
	last := list[n-1]
	return last.Name < text && !last.At.Before(now.Truncate(Bucket))
}

// Shows reports whether a list has the name, so spelled, in the bucket of now or in a
// later one: whether touching it would change nothing.
func Shows(list []Line, text string, now time.Time) bool {
	bucket := now.Truncate(Bucket)
	for _, line := range list {
		if line.At.Before(bucket) {
			return false
		}
		if line.Name == text {
			return true
		}
	}
	return false
}

// keyOf gives a name's comparison key.
type keyOf func(name string) (string, error)

func userKey(s string) (string, error) {
	user, err := name.ParseUser(s)
	return user.Key(), err
}

func roomKey(s string) (string, error) {
	room, err := name.ParseRoom(s)
	return room.Key(), err
}

// lines sorts all, which it takes over, and keeps n of them, one spelling of each name:
// the one seen last, the first by name among equals. A name that the rules of today
// refuse is left out.
func lines(all []Line, n int, key keyOf) []Line {
	slices.SortFunc(all, func(a, b Line) int {
		return cmp.Or(b.At.Compare(a.At), strings.Compare(a.Name, b.Name))
	})
	seen := make(map[string]bool, len(all))
	kept := all[:0]
	for _, line := range all {
		k, err := key(line.Name)
		if err != nil || seen[k] {
			continue
		}
		seen[k] = true
		kept = append(kept, line)
		if len(kept) == n {
			break
		}
	}
	return kept
}
