package mutes

import (
	"testing"
	"time"

	"chatter/shared/session"
	"chatter/shared/wire"
)

func at(ms int) (wire.ID, time.Time) {
	id := wire.ID{Ms: uint64(ms)}
	return id, id.Time()
}

func TestMarks_AreBounded(t *testing.T) {
	k := marks{keep: time.Hour, max: 600}
	tea := room(t, "tea")
	const n = 6000
	for i := range n {
		id, now := at(i + 1)
		k.add(now, ann, tea, id)
		if k.len() > k.max {
			t.Fatalf("%d marks, want at most %d", k.len(), k.max)
		}
	}
	_, now := at(n)
	for i := range n {
		id, _ := at(i + 1)
		_, ok := k.mark(now, tea, id)
		if newest := i >= n-k.max*9/10; newest && !ok || i < n-k.max && ok {
			t.Fatalf("the mark of message %d of %d is kept: %v", i, n, ok)
		}
	}
}

func TestMarks_ExpiredOnesAreDropped(t *testing.T) {
	k := marks{keep: time.Hour, max: 600}
	tea := room(t, "tea")
	minute := int(time.Minute / time.Millisecond)
	for i := range 60 {
		id, now := at(i * minute)
		k.add(now, ann, tea, id)
	}
	_, now := at(91 * minute)
	k.dropExpired(now)
	if n := k.len(); n != 29 { // of the minutes from 31 on; a batch lasts a minute
		t.Errorf("%d marks are kept", n)
	}
	_, now = at(200 * minute)
	k.dropExpired(now)
	if k.len() != 0 || len(k.batches) != 0 {
		t.Errorf("%d marks in %d batches are kept", k.len(), len(k.batches))
	}
}

// A mark tells only to a test with the author whose it is.
func TestMark_MatchesItsAuthorAlone(t *testing.T) {
	k := marks{keep: time.Hour, max: 600}
	tea := room(t, "tea")
	seen := make(map[[16]byte]bool)
	for i := range 10 {
		id, now := at(i + 1)
		k.add(now, ann, tea, id)
		m, ok := k.mark(now, tea, id)
		if !ok || !m.matches(ann) || m.matches(ben) || m.matches(session.Author{}) {
			t.Errorf("message %d: found %v, matches its author %v, another one %v", i, ok, m.matches(ann), m.matches(ben))
		}
		var parsed mark
		if err := parsed.UnmarshalText([]byte(m.String())); err != nil || parsed != m {
			t.Errorf("%v is read as %v, %v", m, parsed, err)
		}
		for _, half := range [][16]byte{[16]byte(m[:16]), [16]byte(m[16:])} {
			if seen[half] {
				t.Error("two marks of one author have a part in common")
			}
			seen[half] = true
		}
	}
	for _, s := range []string{"", "x", encoding.EncodeToString(make([]byte, 31)), encoding.EncodeToString(make([]byte, 33))} {
		if new(mark).UnmarshalText([]byte(s)) == nil {
			t.Errorf("%q is read as a mark", s)
		}
	}
}

func BenchmarkMarks_Add(b *testing.B) {
	k := marks{keep: time.Hour, max: maxMarks}
	tea, now := room(b, "tea"), time.Now()
	b.ReportAllocs()
	for i := range b.N {
		k.add(now, ann, tea, wire.ID{Ms: uint64(i)})
	}
}

func BenchmarkMark_Matches(b *testing.B) {
	m := markOf(make([]byte, 16), ann)
	b.ReportAllocs()
	for range b.N {
		m.matches(ben)
	}
}

// A nonce that another guest sends again does not make that guest the author.
func TestMarks_TheFirstOneIsTheAuthors(t *testing.T) {
	k := marks{keep: time.Hour, max: 600}
	tea := room(t, "tea")
	id, now := at(1)
	k.add(now, ann, tea, id)
	k.add(now, ben, tea, id)
	if m, ok := k.mark(now, tea, id); !ok || !m.matches(ann) {
		t.Error("the mark is not that of the session that stored the message")
	}
}
