//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"
)

// scenario is one load. It gives one row of the table or more.
type scenario struct {
	name           string
	wsd            int  // processes; 0 = one httpd and no wsd
	nginx          bool // in front of wsd
	tcp            bool // Redis is reached over TCP, and wsd opens its port itself
	rooms, members int
	batch          int // messages that the floor delivers for each sent one; 0 = 1
	// run measures after all members have joined. A floor may return fewer figures: the first ones.
	run func(k *talk) []figure
}

// figure is the value of a row in one turn.
type figure struct {
	measure, unit string
	value         float64
}

// side is a server to measure.
type side struct {
	name   string
	bin    string // directory of the services; "" = the floor
	cookie string // signs a guest in; the builds may have different formats
}

// bench is one run of the program.
type bench struct {
	ctx      context.Context
	dir      string
	begun    time.Time
	progress io.Writer

	delivered   int            // messages that were checked
	pageSizes   map[string]int // of httpd's pages, by path; the floor's are as large
	halfAckRate float64        // half of the highest rate of the first side; all sides get it
}

func (b *bench) secret() string { return filepath.Join(b.dir, "secret") }

// scenarios returns all of them. quick makes each of them short.
func scenarios(quick bool) []scenario {
	scale := 1
	if quick {
		scale = 4
	}
	whole := 3 * time.Second / time.Duration(scale)
	return []scenario{
		crowd("W1", 20, 10, 3000/scale, false),
		crowd("W1-1", 1, 1, 300/scale, false),
		crowd("W1-nginx", 20, 10, 3000/scale, true),
		smallRooms("W2", 1, 500/scale, whole),
		smallRooms("W2-two", 2, 500/scale, whole),
		overTCP("W2-tcp", smallRooms("", 1, 500/scale, whole)),
		idleSockets("W3", 1000/scale),
		idleGuests("W3-nginx", 1000/scale),
		reconnect("W4", 500/scale),
		overTCP("W4-tcp", reconnect("", 500/scale)),
		pages("W5", 2500/scale),
		acks("W6", whole),
		comeAndGo("W7", 100/scale, whole),
	}
}

// overTCP names a scenario whose Redis and wsd open TCP ports themselves, as for a load generator
// that knows nothing of Chatter.
func overTCP(name string, sc scenario) scenario {
	sc.name, sc.tcp = name, true
	return sc
}

// measure runs scenarios on all sides by turns. After an error it returns the rows that it
// has.
func (b *bench) measure(chosen []scenario, sides []side, turns int) (done []row, err error) {
	for i, s := range sides {
		if sides[i].cookie, err = b.signInAt(s); err != nil {
			return nil, fmt.Errorf("sign in at %s: %w", s.name, err)
		}
	}
	for _, sc := range chosen {
		var rows []row
		order := slices.Clone(sides)
		for turn := range turns {
			for _, s := range order {
				fmt.Fprintf(b.progress, "%4.0f s: %s, turn %d, %s\n", time.Since(b.begun).Seconds(), sc.name, turn+1, s.name)
				found, err := b.measureOn(s, sc)
				if err != nil {
					return done, fmt.Errorf("%s, %s: %w", sc.name, s.name, err)
				}
				for i, f := range found { // those of a floor are the first of Chatter's
					if i == len(rows) {
						rows = append(rows, row{sc.name, f.measure, f.unit, make(map[string][]float64)})
					}
					rows[i].Turns[s.name] = append(rows[i].Turns[s.name], f.value)
				}
			}
			slices.Reverse(order)
		}
		done = append(done, rows...)
	}
	return done, nil
}

// measureOn runs a scenario on one side.
func (b *bench) measureOn(s side, sc scenario) (found []figure, err error) {
	t := b.start(s, sc)
	defer t.stop()
	k, err := newTalk(t, sc)
	if err != nil {
		return nil, err
	}
	defer k.swarm.Close()
	if k.join(); t.failed == nil {
		found = sc.run(k)
		t.fail(k.check())
		b.delivered += k.delivered
	}
	return found, t.failed
}
