package recent_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// A watcher records what the site shows and draws conclusions. The same conclusions are
// drawn from the record of the real site and from that of an ideal site, which shows each
// interval once, complete and sorted. The real site must not lead to better ones.

// snapshot is what the index shows at one moment, in its order.
type snapshot struct {
	at           time.Duration
	users, rooms []shown
}

// shown is a line of the index: a name, and when its interval began.
type shown struct {
	name     string
	interval time.Duration
}

// message is an entry of a room's log. The watcher does not see the author.
type message struct {
	at     time.Duration
	room   string
	author string
}

// record is all that a watcher gets in one run, and the truth for comparison.
type record struct {
	snapshots []snapshot
	log       []message
	guests    []visitor
}

// first is how a name appeared on the index for the first time.
type first struct {
	at       time.Duration // of the snapshot
	interval time.Duration // in which the name is said to have been here
	place    float64       // among the new names in the list, from 0 to 1
	batch    int           // how many snapshots showed new names of this interval before
}

// firsts returns how each user appeared.
func (r *record) firsts() map[string]first {
	all := make(map[string]first)
	batches := make(map[time.Duration]int)
	for _, s := range r.snapshots {
		news := make(map[time.Duration][]string)
		for _, u := range s.users {
			if _, known := all[u.name]; !known {
				news[u.interval] = append(news[u.interval], u.name)
			}
		}
		for interval, names := range news {
			for i, name := range names {
				place := (float64(i) + 0.5) / float64(len(names))
				all[name] = first{s.at, interval, place, batches[interval]}
			}
			batches[interval]++
		}
	}
	return all
}

// moves returns when each room was first shown for an interval.
func (r *record) moves() map[shown]time.Duration {
	all := make(map[shown]time.Duration)
	for _, s := range r.snapshots {
		for _, room := range s.rooms {
			if _, known := all[room]; !known {
				all[room] = s.at
			}
		}
	}
	return all
}

// bins is how finely a watcher tells values apart.
const bins = 10

// learned predicts when in its interval a guest arrived from one property of its first
// appearance.
type learned struct {
	property int
	bounds   []float64
	means    []float64
}

// properties are what may tell when a guest arrived, by time, place and batch.
func properties(f first) []float64 {
	return []float64{(f.at - f.interval).Seconds(), f.place, float64(f.batch)}
}

// learn finds the property, and the mean time of arrival for each of its values, that fits
// best.
func learn(records []record) (best learned) {
	least := math.Inf(1)
	for p := range properties(first{}) {
		var xs, ys []float64
		for _, r := range records {
			seen := r.firsts()
			for _, g := range r.guests {
				if f, ok := seen[g.name]; ok {
					xs, ys = append(xs, properties(f)[p]), append(ys, (g.arrives-f.interval).Seconds())
				}
			}
		}
		l := learned{property: p, means: make([]float64, bins+1)}
		sorted := slices.Sorted(slices.Values(xs))
		for i := 1; i <= bins; i++ {
			l.bounds = append(l.bounds, sorted[i*len(sorted)/(bins+1)])
		}
		counts := make([]float64, bins+1)
		for i, x := range xs {
			l.means[l.bin(x)] += ys[i]
			counts[l.bin(x)]++
		}
		for b := range l.means {
			l.means[b] /= max(counts[b], 1)
		}
		wrong := 0.0
		for i, x := range xs {
			wrong += math.Abs(l.means[l.bin(x)] - ys[i])
		}
		if wrong < least {
			least, best = wrong, l
		}
	}
	return best
}

func (l learned) bin(x float64) int {
	b, _ := slices.BinarySearch(l.bounds, math.Nextafter(x, math.Inf(1)))
	return b
}

// arrivalErrors is by how many seconds the guess of each guest's arrival is wrong.
func (l learned) arrivalErrors(r record) map[string]float64 {
	wrong := make(map[string]float64)
	seen := r.firsts()
	for _, g := range r.guests {
		if f, ok := seen[g.name]; ok {
			wrong[g.name] = math.Abs(l.means[l.bin(properties(f)[l.property])] - (g.arrives - f.interval).Seconds())
		}
	}
	return wrong
}

// rightRooms tells of each guest whether the room that it entered first is guessed: one
// that is listed although nothing was said in it then, else the one that moved at the time
// that is closest to the first appearance of the guest.
func rightRooms(r record, every time.Duration, seed uint64) map[string]bool {
	random := rand.New(rand.NewPCG(seed, 1))
	right := make(map[string]bool)
	seen, moves := r.firsts(), r.moves()
	for _, g := range r.guests {
		pick := random.Float64()
		f, ok := seen[g.name]
		if !ok {
			continue
		}
		var rooms []string
		var least time.Duration = math.MaxInt64
		for room, at := range moves {
			if room.interval != f.interval {
				continue
			}
			apart := (at - f.at).Abs()
			if !slices.ContainsFunc(r.log, func(m message) bool { return m.room == room.name && m.at.Truncate(every) == f.interval }) {
				apart = -1
			}
			if apart < least {
				least, rooms = apart, nil
			}
			if apart == least {
				rooms = append(rooms, room.name)
			}
		}
		if len(rooms) > 0 {
			slices.Sort(rooms)
			right[g.name] = rooms[int(pick*float64(len(rooms)))] == g.room
		} else {
			right[g.name] = false
		}
	}
	return right
}

// rightAuthors tells of each message whether its author is guessed: guests arrive and then
// talk, so it is the one who appeared last before the message, else one of those who
// appeared next.
func rightAuthors(r record, every time.Duration, seed uint64) map[int]bool {
	random := rand.New(rand.NewPCG(seed, 2))
	right := make(map[int]bool)
	seen := r.firsts()
	type candidate struct {
		name string
		at   time.Duration
	}
	var all []candidate
	for name, f := range seen {
		all = append(all, candidate{name, f.at})
	}
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.name, b.name)) })
	for i, m := range r.log {
		pick := random.Float64()
		var here []candidate
		for _, c := range all {
			if seen[c.name].interval <= m.at {
				here = append(here, c)
			}
		}
		if len(here) == 0 {
			right[i] = false
			continue
		}
		// The latest of those who appeared before the message, if one did in its interval.
		var chosen []candidate
		for _, c := range here {
			if c.at <= m.at && c.at >= m.at.Truncate(every)+every/20 {
				if len(chosen) > 0 && chosen[0].at != c.at {
					chosen = nil
				}
				chosen = append(chosen, c)
			}
		}
		if chosen == nil {
			for _, c := range here {
				if seen[c.name].interval == m.at.Truncate(every) {
					chosen = append(chosen, c)
				}
			}
		}
		if chosen == nil {
			chosen = here
		}
		right[i] = chosen[int(pick*float64(len(chosen)))].name == m.author
	}
	return right
}

// signTest is the probability that of wins+losses fair coins at least wins fall on one
// side.
func signTest(wins, losses int) float64 {
	n, p := wins+losses, 0.0
	for k := wins; k <= n; k++ {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(k + 1))
		c, _ := math.Lgamma(float64(n - k + 1))
		p += math.Exp(a - b - c - float64(n)*math.Ln2)
	}
	return min(p, 1)
}
