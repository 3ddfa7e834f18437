package recent_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/limits"
	"chatter/shared/name"
	"chatter/shared/recent"
	"chatter/shared/redisconn"

	"github.com/alicebob/miniredis/v2"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
)

const (
	watchEvery = 50 * time.Second // an interval; its window is a second
	watchFor   = 8 * watchEvery
	watchSeeds = 40
	// A watcher that guesses better with this probability by chance is not believed.
	significant = 0.001
)

// visitor is a guest of a run. It arrives, enters a room, talks, and leaves.
type visitor struct {
	name, room      string
	arrives, leaves time.Duration
	says            []time.Duration
}

// newRun is what guests do: they arrive and then talk.
func newRun(seed uint64) (guests []visitor) {
	random := rand.New(rand.NewPCG(seed, 0))
	between := func(from, to time.Duration) time.Duration { return from + time.Duration(random.Int64N(int64(to-from))) }
	for i := range 12 {
		g := visitor{
			name:    fmt.Sprintf("guest %c%d", 'a'+random.IntN(26), i),
			room:    fmt.Sprintf("room %d", random.IntN(8)),
			arrives: between(0, watchFor-2*watchEvery),
		}
		g.leaves = g.arrives + between(watchEvery/2, 3*watchEvery)
		for at := g.arrives + between(time.Second, 40*time.Second); at < g.leaves; at += between(5*time.Second, 40*time.Second) {
			g.says = append(g.says, at)
		}
		guests = append(guests, g)
	}
	return guests
}

// site is what guests visit and watchers look at.
type site interface {
	visit(g visitor)
	enter(g visitor) // with an open socket, until leave
	leave(g visitor)
	say(room string)
	look() (users, rooms []shown)
}

// watch plays a run on a site and returns what a watcher gets. It must run in a bubble.
func watch(begin time.Time, guests []visitor, s site) record {
	r := record{guests: guests}
	type event struct {
		at time.Duration
		do func()
	}
	var events []event
	for _, g := range guests {
		events = append(events,
			event{g.arrives, func() { s.visit(g) }},
			event{g.arrives + time.Second/2, func() { s.enter(g) }},
			event{g.leaves, func() { s.leave(g) }})
		for _, at := range g.says {
			events = append(events, event{at, func() {
				s.say(g.room)
				r.log = append(r.log, message{at, g.room, g.name})
			}})
		}
	}
	for at := time.Second / 2; at < watchFor; at += time.Second {
		events = append(events, event{at, func() {
			users, rooms := s.look()
			r.snapshots = append(r.snapshots, snapshot{at, users, rooms})
		}})
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	for _, e := range events {
		time.Sleep(time.Until(begin.Add(e.at)))
		synctest.Wait()
		e.do()
	}
	return r
}

// whole is the beginning of the next interval.
func whole() time.Time { return time.Now().Add(watchEvery).Truncate(watchEvery) }

// processes is the real site: two processes with pages and two with sockets, on one Redis.
type processes struct {
	t      *testing.T
	begin  time.Time
	random *rand.Rand
	pages  []*recent.Presence
	wsds   []*recent.Presence
	closes []func()

	mu   sync.Mutex
	open []map[string]visitor // sockets of each wsd
}

func startProcesses(t *testing.T, begin time.Time, seed uint64) *processes {
	server := miniredis.NewMiniRedis()
	p := &processes{t: t, begin: begin, random: rand.New(rand.NewPCG(seed, 3))}
	for i := range 4 {
		c := redisconn.Wrap(redis.NewClient(&redis.Options{
			Addr: "127.0.0.1:6379", PoolSize: 1, MaxRetries: -1,
			Dialer:   func(context.Context, string, string) (net.Conn, error) { return server.Dial() },
			Protocol: 2, DisableIdentity: true,
		}))
		presence := recent.New(c, recent.Options{Every: watchEvery, Key: []byte("key")})
		if i < 2 {
			presence.Start(nil)
			p.pages = append(p.pages, presence)
		} else {
			open := make(map[string]visitor)
			presence.Start(func(add func(name.User, limits.Class)) {
				p.mu.Lock()
				defer p.mu.Unlock()
				for _, g := range open {
					add(userNamed(t, g.name), limits.Class{})
				}
			})
			p.wsds, p.open = append(p.wsds, presence), append(p.open, open)
		}
		p.closes = append(p.closes, func() { presence.Close(); c.Close() })
	}
	p.closes = append(p.closes, server.Close)
	return p
}

func (p *processes) close() {
	for _, f := range p.closes {
		f()
	}
}

func (p *processes) visit(g visitor) {
	p.pages[p.random.IntN(2)].Visit(userNamed(p.t, g.name), limits.Class{})
}

func (p *processes) enter(g visitor) {
	p.visit(g)
	i := p.random.IntN(2)
	p.mu.Lock()
	p.open[i][g.name] = g
	p.mu.Unlock()
	p.wsds[i].Visit(userNamed(p.t, g.name), limits.Class{})
}

func (p *processes) leave(g visitor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, open := range p.open {
		delete(open, g.name)
	}
}

func (p *processes) say(room string) {
	n, err := name.ParseRoom(room)
	if err != nil {
		p.t.Fatal(err)
	}
	p.wsds[p.random.IntN(2)].Used(n, limits.Class{})
}

func (p *processes) look() (users, rooms []shown) {
	lists, err := slices.Concat(p.pages, p.wsds)[p.random.IntN(4)].Read(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	lines := func(all []recent.Line) (s []shown) {
		for _, l := range all {
			s = append(s, shown{l.Name, l.At.Add(-watchEvery).Sub(p.begin)})
		}
		return s
	}
	return lines(lists.Users), lines(lists.Rooms)
}

func userNamed(t *testing.T, s string) name.User {
	t.Helper()
	user, err := name.ParseUser(s)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// model is a site without processes. Without a fault it is the ideal one.
type model struct {
	begin        time.Time
	fault        fault
	here         map[string]bool // with an open socket
	users, rooms map[shown]time.Duration
}

// fault is a way in which a site may say more than it should.
type fault string

const (
	none           fault = ""
	atOnce         fault = "visits and rooms are shown at once"
	arrivalsAtOnce fault = "arrivals are shown at once"
	inOrder        fault = "names stand in the order of arrival"
	visitedRooms   fault = "rooms move by visits"
	twoBatches     fault = "an interval is shown in two batches"
)

func newModel(begin time.Time, f fault) *model {
	return &model{begin: begin, fault: f, here: make(map[string]bool), users: make(map[shown]time.Duration), rooms: make(map[shown]time.Duration)}
}

func (m *model) now() time.Duration { return time.Since(m.begin) }

func (m *model) note(list map[shown]time.Duration, name string) {
	line := shown{name, m.now().Truncate(watchEvery)}
	if _, known := list[line]; !known {
		list[line] = m.now()
	}
}

func (m *model) visit(g visitor) { m.note(m.users, g.name) }

func (m *model) enter(g visitor) {
	m.visit(g)
	m.here[g.name] = true
	if m.fault == visitedRooms || m.fault == atOnce {
		m.note(m.rooms, g.room)
	}
}

func (m *model) leave(g visitor) {
	m.note(m.users, g.name)
	delete(m.here, g.name)
}

func (m *model) say(room string) { m.note(m.rooms, room) }

// shows reports whether a line that was noted at is on the index now.
func (m *model) shows(line shown, noted time.Duration, user bool) bool {
	end := line.interval + watchEvery + watchEvery/50
	switch {
	case m.fault == atOnce, m.fault == arrivalsAtOnce && user:
		return true
	case m.fault == twoBatches && noted < line.interval+watchEvery/2:
		end -= watchEvery / 2
	}
	return m.now() >= end
}

func (m *model) look() (users, rooms []shown) {
	for name := range m.here { // a guest with an open socket is around
		m.note(m.users, name)
	}
	list := func(noted map[shown]time.Duration, user bool) (lines []shown) {
		newest := make(map[string]time.Duration)
		for line, at := range noted {
			if newer, known := newest[line.name]; m.shows(line, at, user) && (!known || line.interval > newer) {
				newest[line.name] = line.interval
			}
		}
		for name, interval := range newest {
			lines = append(lines, shown{name, interval})
		}
		slices.SortFunc(lines, func(a, b shown) int {
			order := cmp.Compare(a.name, b.name)
			if m.fault == inOrder {
				order = cmp.Compare(noted[a], noted[b])
			}
			return cmp.Or(cmp.Compare(b.interval, a.interval), order)
		})
		return lines
	}
	return list(m.users, true), list(m.rooms, false)
}

// records plays all seeds on sites that start makes, and on ideal ones.
func records(t *testing.T, start func(t *testing.T, begin time.Time, seed uint64) (s site, end func())) (watched, ideal []record) {
	for seed := range uint64(watchSeeds) {
		guests := newRun(seed)
		synctest.Test(t, func(t *testing.T) {
			begin := whole()
			time.Sleep(time.Until(begin) - time.Second)
			s, end := start(t, begin, seed)
			defer end()
			watched = append(watched, watch(begin, guests, s))
		})
		synctest.Test(t, func(t *testing.T) {
			begin := whole()
			ideal = append(ideal, watch(begin, guests, newModel(begin, none)))
		})
	}
	return watched, ideal
}

// conclusions compares what can be concluded from both records: the probability that the
// watcher's guesses are so much better by chance.
func conclusions(t *testing.T, watched, ideal []record) map[string]float64 {
	half := len(watched) / 2
	full, best := learn(watched[:half]), learn(ideal[:half])
	var wins, losses [3]int
	count := func(i int, better, worse bool) {
		if better {
			wins[i]++
		} else if worse {
			losses[i]++
		}
	}
	for i := half; i < len(watched); i++ {
		mine, others := full.arrivalErrors(watched[i]), best.arrivalErrors(ideal[i])
		for name := range others {
			if wrong, ok := mine[name]; ok {
				count(0, wrong < others[name]-1e-9, wrong > others[name]+1e-9)
			}
		}
	}
	for i := range watched {
		mineRooms, otherRooms := rightRooms(watched[i], watchEvery, uint64(i)), rightRooms(ideal[i], watchEvery, uint64(i))
		for name := range otherRooms {
			count(1, mineRooms[name] && !otherRooms[name], !mineRooms[name] && otherRooms[name])
		}
		mine, others := rightAuthors(watched[i], watchEvery, uint64(i)), rightAuthors(ideal[i], watchEvery, uint64(i))
		for m := range others {
			count(2, mine[m] && !others[m], !mine[m] && others[m])
		}
	}
	p := make(map[string]float64)
	for i, what := range []string{"arrival", "room", "author"} {
		p[what] = signTest(wins[i], losses[i])
		t.Logf("%-8s better %4d, worse %4d, p = %.2g", what, wins[i], losses[i], p[what])
	}
	return p
}

// A guest who watches all the time learns no more than one who looks once after each
// interval.
func TestWatcher_LearnsNoMoreThanFinishedIntervals(t *testing.T) {
	watched, ideal := records(t, func(t *testing.T, begin time.Time, seed uint64) (site, func()) {
		p := startProcesses(t, begin, seed)
		return p, p.close
	})
	for what, p := range conclusions(t, watched, ideal) {
		if p < significant {
			t.Errorf("a watcher guesses the %s better, p = %.2g", what, p)
		}
	}
	for seed := range watched {
		if diff := gocmp.Diff(ideal[seed].snapshots, watched[seed].snapshots, gocmp.AllowUnexported(snapshot{}, shown{})); diff != "" {
			t.Fatalf("seed %d: the index shows something else than an ideal one (-ideal +real):\n%s", seed, diff)
		}
	}
}

// The watcher finds each of the ways in which a site may say more than it should.
func TestWatcher_FindsEachFault(t *testing.T) {
	for _, f := range []fault{atOnce, arrivalsAtOnce, inOrder, visitedRooms, twoBatches} {
		t.Run(string(f), func(t *testing.T) {
			watched, ideal := records(t, func(_ *testing.T, begin time.Time, _ uint64) (site, func()) {
				return newModel(begin, f), func() {}
			})
			for _, p := range conclusions(t, watched, ideal) {
				if p < significant {
					return
				}
			}
			t.Error("the watcher does not notice")
		})
	}
}
