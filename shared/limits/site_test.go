package limits

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// site is two wsd and two httpd, which exchange their reports once a second, on a clock of
// its own.
type site struct {
	t         *testing.T
	now       time.Time
	processes []*Limiter // the sockets first
	requests  *rand.Rand
}

func newSite(t *testing.T) *site {
	s := &site{t: t, now: start, requests: rand.New(rand.NewPCG(1, 2))}
	for _, f := range []Figures{ForSockets(5, 20), ForSockets(5, 20), ForPages(5, 20), ForPages(5, 20)} {
		s.processes = append(s.processes, newLimiter(f))
	}
	return s
}

// second lets a second pass, in which everything is exchanged.
func (s *site) second() {
	s.now = s.now.Add(reportEvery)
	for _, p := range s.processes {
		report, ok := p.Report(s.now)
		if !ok {
			continue
		}
		for _, other := range s.processes {
			other.Learn(report, s.now)
		}
	}
}

// flood is one address with this many old sessions that say what they can through all
// processes.
func (s *site) flood(address, room string, sessions int) (n int) {
	for _, p := range s.processes {
		for i := range sessions {
			m := say(address, fmt.Sprint("flooder ", i), room)
			m.Guest.Since = s.now.Add(-24 * time.Hour)
			n += burst(p, m, s.now)
		}
	}
	return n
}

// historyLength is how many messages a room keeps.
const historyLength = 1000

func TestSite_OneAddressNeedsEightMinutesForAHistory(t *testing.T) {
	s := newSite(t)
	s.now = s.now.Add(keyLife - 4*time.Minute) // the keys of the classes change meanwhile
	for _, p := range s.processes {
		p.classes.until = start.Add(keyLife)
	}
	others := []string{"203.0.113.1", "203.0.113.2", "203.0.113.3"}
	talk := func() (refused int) {
		for i, address := range others { // one of them by forms
			if s.processes[i].Say(say(address, address, "room"), s.now) > 0 {
				refused++
			}
		}
		return refused
	}
	talk()
	s.second()
	flooded := 0
	for second := range 8 * 60 {
		flooded += s.flood("198.51.100.1", "room", 60)
		if second%10 == 0 {
			if refused := talk(); refused > 0 {
				t.Errorf("second %d: %d of the others' messages refused", second, refused)
			}
		}
		s.second()
	}
	if flooded >= historyLength {
		t.Errorf("one address said %d messages within 8 minutes", flooded)
	}
	if flooded < historyLength/2 {
		t.Errorf("one address said only %d messages in 8 minutes: the test does not flood", flooded)
	}
}

func TestSite_TheOthersKeepHalfOfTheRoomsRate(t *testing.T) {
	s := newSite(t)
	room := s.processes[0].figures.Room
	others := 0
	for second := range 120 {
		s.flood("198.51.100.1", "room", 60)
		for i := range 100 { // from a hundred addresses, one message in two seconds each
			if i%2 != second%2 {
				continue
			}
			address := fmt.Sprint("203.0.113.", i)
			m := say(address, address, "room")
			if s.processes[i/2%2].Say(m, s.now) == 0 {
				others++
			}
		}
		s.second()
	}
	if want := 120 * room.PerSecond / 2; float64(others) < want {
		t.Errorf("the others said %d messages in two minutes, want at least %v", others, want)
	}
}

// The processes count what others let through, so that the rate of a room is one for all.
func TestSite_TheRateOfARoomIsForAllProcesses(t *testing.T) {
	s := newSite(t)
	room := s.processes[0].figures.Room
	n := 0
	for range 120 {
		n += s.flood("198.51.100.1", "room", 60)
		s.second()
	}
	// Messages of the first second, before the processes know of each other, come on top.
	most := 4*(room.Burst*5/4) + 120*room.PerSecond
	if float64(n) > most || float64(n) < 120*room.PerSecond {
		t.Errorf("%d in two minutes, want from %v to %v", n, 120*room.PerSecond, most)
	}
}

// Sixty addresses flood a room in which ten polite guests talk, through two processes.
func TestSite_PoliteGuestsBesideManyAddresses(t *testing.T) {
	s := newSite(t)
	flooded, refused, asked := 0, 0, 0
	for tick := range 1800 { // tenths of a second
		if tick%10 == 0 {
			s.second()
		}
		now := s.now.Add(time.Duration(tick%10) * 100 * time.Millisecond)
		for i := range 60 {
			address := fmt.Sprint("198.51.100.", i)
			m := say(address, address, "room")
			for range 5 {
				if s.processes[(i+tick)%2].Say(m, now) == 0 {
					flooded++
				}
			}
		}
		for i := range 10 {
			if (tick+i*4)%40 != 0 { // a message in four seconds each
				continue
			}
			address := fmt.Sprint("203.0.113.", i)
			asked++
			if s.processes[i%2].Say(say(address, address, "room"), now) > 0 {
				refused++
			}
		}
	}
	if refused > 0 {
		t.Errorf("%d of %d messages of polite guests refused beside %d of the flood", refused, asked, flooded)
	}
	if room := s.processes[0].figures.Room; float64(flooded) < 180*room.PerSecond/2 {
		t.Errorf("%d messages of the flood: it is none", flooded)
	}
}

// A class is alone although it talks through all processes.
func TestSite_AnOfficeOfOneAddressUsesEverything(t *testing.T) {
	s := newSite(t)
	for second := range 600 {
		for i := range 20 { // each says something twice a minute
			if (second+i*3)%30 != 0 {
				continue
			}
			m := say("198.51.100.1", fmt.Sprint(i), "office")
			if wait := s.processes[s.requests.IntN(4)].Say(m, s.now); wait > 0 {
				t.Fatalf("second %d: guest %d waits %v", second, i, wait)
			}
		}
		s.second()
	}
	for _, p := range s.processes {
		if n := p.refusals[ByClass].Load(); n > 0 {
			t.Errorf("%d refusals of the class", n)
		}
	}
	// And all at once.
	if n := s.flood("198.51.100.1", "office", 20); float64(n) < s.processes[0].figures.Room.Burst {
		t.Errorf("%d at once", n)
	}
}

// A school: 500 guests of one address sign in within a minute and talk in 25 rooms.
func TestSite_ASchoolOfOneAddress(t *testing.T) {
	s := newSite(t)
	type pupil struct {
		since  time.Time
		socket *Limiter
		room   string
	}
	var pupils []pupil
	said := map[string]bool{}
	school := network("198.51.100.1")
	for second := range 360 {
		for len(pupils) < min(500, (second+1)*500/60) {
			// All of a class may get the same process.
			if wait := s.processes[3].SignIn(school, s.now); wait > 0 {
				t.Fatalf("guest %d waits %v to sign in", len(pupils), wait)
			}
			pupils = append(pupils, pupil{s.now, s.processes[s.requests.IntN(2)], fmt.Sprint("room ", len(pupils)/20)})
		}
		for i, p := range pupils {
			if (second+i)%20 != 0 { // three messages a minute
				continue
			}
			m := Message{Guest{school, fmt.Sprint("pupil ", i), p.since}, p.room, 40, !said[p.room]}
			if wait := p.socket.Say(m, s.now); wait > 0 {
				t.Fatalf("second %d: pupil %d waits %v", second, i, wait)
			}
			said[p.room] = true
		}
		s.second()
	}
	if len(pupils) != 500 || len(said) != 25 {
		t.Errorf("%d pupils in %d rooms", len(pupils), len(said))
	}
}

func TestSite_OneNewSession(t *testing.T) {
	s := newSite(t)
	n := 0
	for _, p := range s.processes {
		n += burst(p, Message{Guest: Guest{network("198.51.100.1"), "a", s.now}, Room: "room"}, s.now)
	}
	if n != 4*3 {
		t.Errorf("a new session said %d at once through four processes, want 12", n)
	}
}
