package recent

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/limits"
)

// class is a class of a life.
func class(life, n byte) limits.Class { return limits.Class{3: life, 14: n} }

// fleet are processes as they run by default.
type fleet struct {
	*bubble
	all  []*Presence
	next int
}

func (b *bubble) fleet(n int) *fleet {
	f := &fleet{bubble: b}
	for range n {
		f.all = append(f.all, b.start())
	}
	return f
}

func (f *fleet) close() {
	for _, p := range f.all {
		p.Close()
	}
}

// visit is a visit, and a message in a room of that name, that another process gets each time.
func (f *fleet) visit(text string, c limits.Class) {
	f.next++
	p := f.all[f.next%len(f.all)]
	p.Visit(user(f, text), c)
	p.Used(room(f, text), c)
}

// begins counts the users and rooms that begin with the prefix.
func (f *fleet) begins(prefix string) (users, rooms int) {
	f.Helper()
	l, err := f.all[0].Read(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	count := func(lines []Line) (n int) {
		for _, line := range lines {
			if strings.HasPrefix(line.Name, prefix) {
				n++
			}
		}
		return n
	}
	return count(l.Users), count(l.Rooms)
}

// One class brings new names in each interval, to all processes. Twenty others have a name
// each, and each asks a process or two.
func TestShares_AClassDoesNotTakeTheListsOver(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		f := b.fleet(4)
		defer f.close()
		time.Sleep(time.Millisecond)
		for i := range 30 {
			for n := range 100 {
				f.visit(fmt.Sprintf("!!! %03d %02d", n, i), class(1, 200))
			}
			for n := range byte(20) {
				f.visit(fmt.Sprintf("polite %c", 'a'+n), class(1, n))
			}
			pass()
			users, rooms := f.begins("!!!")
			if users > 5 || rooms > 5 {
				b.Fatalf("after %d intervals the class has %d users and %d rooms", i+1, users, rooms)
			}
			if users == 0 || rooms == 0 {
				b.Fatalf("after %d intervals the class has no line", i+1)
			}
			if users, rooms := f.begins("polite"); users != 20 || rooms != 20 {
				b.Fatalf("after %d intervals the others have %d users and %d rooms", i+1, users, rooms)
			}
		}
	}))
}

// Processes that have seen only the class hear from one that has seen more.
func TestShares_OneProcessTellsTheOthers(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		f := b.fleet(4)
		defer f.close()
		time.Sleep(time.Millisecond)
		for i := range 3 {
			for n := range 200 {
				f.visit(fmt.Sprintf("!!! %03d", n), class(1, 200))
			}
			for n := range byte(2) {
				f.all[0].Visit(user(b, fmt.Sprintf("polite %c", 'a'+n)), class(1, n))
			}
			pass()
			if users, _ := f.begins("!!!"); users > 5 {
				b.Fatalf("after %d intervals the class has %d users", i+1, users)
			}
		}
		if n := f.all[1].LeftOut(); n < 100 {
			b.Errorf("%v names are counted as left out", n)
		}
	}))
}

// An office is one class. A member at home does not make it share the list, nor does a reload
// or a socket that is open for hours.
func TestShares_AnOfficeHasTheWholeList(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		f := b.fleet(4)
		defer f.close()
		time.Sleep(time.Millisecond)
		for life := range byte(5) {
			office := fmt.Sprintf("office %c", 'a'+life)
			f.visit("home", class(life, 1))
			f.visit(office+" of a socket", class(0, 2)) // of the first hour
			for n := range 39 {
				f.visit(fmt.Sprintf("%s %02d", office, n), class(life, 2))
			}
			pass()
			if users, rooms := f.begins(office); users != 40 || rooms != 40 {
				b.Errorf("in life %d the lists have %d users and %d rooms of the office", life, users, rooms)
			}
			if users, _ := f.begins("home"); users != 1 {
				b.Errorf("in life %d the list lacks the member at home", life)
			}
		}
		for n := range 40 {
			f.all[0].Visit(user(b, fmt.Sprintf("saved %02d", n)), class(5, 2))
		}
		state, err := f.all[0].Save()
		if err != nil {
			b.Fatal(err)
		}
		f.all[0].tasks.Close() // as the exec does
		f.all[0] = b.start()
		if err := f.all[0].Restore(state); err != nil {
			b.Fatal(err)
		}
		pass()
		if users, _ := f.begins("saved"); users != 40 {
			b.Errorf("after a reload the list has %d users of the office", users)
		}
	}))
}

// A class that has gone is forgotten after an hour.
func TestShares_EndWhenTheOthersHaveGone(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		f := b.fleet(2)
		defer f.close()
		time.Sleep(time.Millisecond)
		visits := func(lives byte, others byte) {
			for n := range 100 {
				f.visit(fmt.Sprintf("guest %02d", n), class(lives, 200))
			}
			for n := range others {
				f.visit(fmt.Sprintf("other %c", 'a'+n), class(lives, n))
			}
			pass()
		}
		visits(1, 3)
		if users, _ := f.begins("guest"); users > 5 {
			b.Errorf("among others the class has %d users", users)
		}
		time.Sleep(rememberFor*time.Second + 2*every)
		visits(2, 0)
		if users, _ := f.begins("guest"); users < 40 {
			b.Errorf("alone the class has %d users", users)
		}
	}))
}

// A guest who shares a room with another class is listed there beside the own room.
func TestShares_ALineCountsForTheClassThatHasFewer(t *testing.T) {
	s := shares{}
	for n := range byte(3) {
		s[class(1, n)] = &share{lines: make(map[string]uint64)}
	}
	lines := []line{
		{look: "both", classes: []limits.Class{class(1, 0), class(1, 1)}},
		{look: "own", classes: []limits.Class{class(1, 0)}},
		{look: "third", classes: []limits.Class{class(1, 0)}},
	}
	hash := func(look string) uint64 { return uint64(look[0]) }
	var got []string
	for _, l := range s.choose("rooms", slices.Clone(lines), hash) {
		got = append(got, l.look)
	}
	if !slices.Equal(got, []string{"both", "own"}) {
		t.Errorf("chosen: %q", got)
	}
}

// Of a flood of names and classes, the memory is bounded, and each class has its turn.
func TestShares_FloodIsBounded(t *testing.T) {
	p := New(nil, options)
	l := p.newLists(0)
	for n := range 20 * maxNames {
		add(l.names[users], class(1, 0), user(t, fmt.Sprintf("flood %d", n)))
	}
	add(l.names[users], class(1, 1), user(t, "polite"))
	if n := len(l.names[users].kept); n >= 2*maxNames {
		t.Errorf("%d names in memory", n)
	}
	if all := sorted(l.names[users].lines()); len(all) > maxNames || !slices.Contains(all, "polite") {
		t.Errorf("%d lines, without the other class", len(all))
	}
	for i := range interval(40) {
		l := p.newLists(i)
		for n := range maxNames {
			add(l.names[users], limits.Class{3: 1, 12: byte(i), 14: byte(n >> 8), 15: byte(n)}, user(t, fmt.Sprintf("many %d", n)))
		}
		p.shares.see(l)
	}
	if n := len(p.shares); n > maxClasses+2*maxNames {
		t.Errorf("%d classes in memory", n)
	}
	l = p.newLists(41)
	add(l.names[users], class(1, 1), user(t, "polite"))
	if got := p.choose(l)[users]; !slices.Equal(got, []string{"polite"}) {
		t.Errorf("after the flood %q", got)
	}
}
