package recent

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"chatter/shared/limits"

	"github.com/google/go-cmp/cmp"
)

// alike are names that look like "lollipops".
func alike() (names []string) {
	for i := range 1 << 9 {
		s := []rune("lollipops")
		for k, other := range []rune("1оІ|іроρѕ") {
			if i>>k&1 == 1 {
				s[k] = other
			}
		}
		names = append(names, string(s))
	}
	return names
}

func TestLooks_AreOneLine(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p, q := b.start(), b.start()
		defer p.Close()
		defer q.Close()
		for i, s := range alike() {
			[]*Presence{p, q}[i%2].Visit(user(b, s), limits.Class{})
		}
		p.Visit(user(b, "Ann"), limits.Class{})
		q.Visit(user(b, "anп"), limits.Class{}) // looks like something else
		pass()
		members, err := b.m.ZMembers("chatter:recent:users")
		if err != nil || len(members) != 4 {
			b.Errorf("Redis has %q (%v), want one of each process and two others", members, err)
		}
		if got := strings.Fields(strings.TrimSuffix(b.shown(p), " | ")); len(got) != 3 {
			b.Errorf("shown: %q", got)
		}
	}))
}

// Lookalikes of an interval, or of many intervals, leave the older names their lines.
func TestLooks_DoNotEmptyTheList(t *testing.T) {
	for _, intervals := range []int{1, 100} {
		synctest.Test(t, bubbled(func(b *bubble) {
			members := map[string]int{}
			for i, s := range alike() {
				members[s] = i % intervals
			}
			var want []string
			for i := range Listed - 1 {
				s := fmt.Sprintf("guest %c%c", 'a'+i/10, 'a'+i%10)
				members[s], want = 200, append(want, s)
			}
			got := b.lines(members)
			if len(got) != Listed {
				b.Fatalf("%d lines", len(got))
			}
			if diff := cmp.Diff(strings.Join(want, " "), namesOf(got[1:])); diff != "" {
				b.Error(diff)
			}
		}))
	}
}

// A class that uses many lookalikes of a name shows one of them in about half of the
// intervals, as with one, and never if two classes use the name.
func TestLooks_ManyOfOneClassDoNotReplaceAName(t *testing.T) {
	const intervals = 200
	others := alike()[1:64]
	share := func(tries, guests int) int {
		p, shown := New(nil, options), 0
		for i := range interval(intervals) {
			l := p.newLists(i)
			for n := range guests {
				add(l.names[rooms], class(1, byte(n)), room(t, "lollipops"))
			}
			for _, s := range others[:tries] {
				add(l.names[rooms], class(1, 200), room(t, s))
			}
			lines := sorted(l.names[rooms].lines())
			if len(lines) != 1 {
				t.Fatalf("%d lines", len(lines))
			}
			if slices.Equal(lines, []string{"lollipops"}) {
				shown++
			}
		}
		return shown
	}
	if one := share(1, 1); one < intervals*4/10 || one > intervals*6/10 {
		t.Errorf("against one lookalike the name is shown in %d of %d intervals", one, intervals)
	}
	if many := share(len(others), 1); many < intervals*4/10 {
		t.Errorf("against many it is shown in %d of %d intervals", many, intervals)
	}
	if all := share(len(others), 2); all != intervals {
		t.Errorf("if two classes use it, it is shown in %d of %d intervals", all, intervals)
	}
}
