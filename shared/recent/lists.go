package recent

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"chatter/shared/name"
)

// Line is a name that was recorded in the interval that begins at At.
type Line struct {
	Name string
	At   time.Time
}

// Lists are the recent users and rooms, the newest interval first, sorted by name inside an
// interval.
type Lists struct {
	Users, Rooms []Line
}

// With returns the lists of up to n lines as they are after user and room were recorded at
// now, without asking Redis. A zero user or room is left out. It does not change l, and
// returns l itself if the lists are the same.
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
	return merge(append(slices.Clone(old), line), n, key)
}

// beyond reports whether the name comes after n lines of the interval of now, so that it is
// not listed. Without it, a busy site would parse every name for each new guest.
func beyond(list []Line, text string, now time.Time, n int) bool {
	if len(list) < n || n == 0 {
		return false
	}
	last := list[n-1]
	return last.Name < text && !last.At.Before(now.Truncate(Bucket))
}

// Shows reports whether a list has this spelling of a name in the interval of now or a later
// one. Then recording it would change nothing.
func Shows(list []Line, text string, now time.Time) bool {
	interval := now.Truncate(Bucket)
	return slices.ContainsFunc(list, func(line Line) bool {
		return line.Name == text && !line.At.Before(interval)
	})
}

// keyOf returns a name's comparison key.
type keyOf func(name string) (string, error)

func userKey(s string) (string, error) {
	user, err := name.ParseUser(s)
	return user.Key(), err
}

func roomKey(s string) (string, error) {
	room, err := name.ParseRoom(s)
	return room.Key(), err
}

// merge sorts all, which it owns, and keeps n of them, one spelling of each name: that of
// the newest interval, and of these the first by name. It leaves out names that the present
// rules refuse.
func merge(all []Line, n int, key keyOf) []Line {
	slices.SortFunc(all, func(a, b Line) int {
		return cmp.Or(b.At.Compare(a.At), strings.Compare(a.Name, b.Name))
	})
	listed := make(map[string]bool, len(all))
	lines := all[:0]
	for _, line := range all {
		k, err := key(line.Name)
		if err != nil || listed[k] {
			continue
		}
		listed[k] = true
		lines = append(lines, line)
		if len(lines) == n {
			break
		}
	}
	return lines
}
