package main

import (
	"errors"
	"fmt"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
)

// page is a page of httpd as it is measured.
type page struct {
	name, path string
	floor      string // the kind of floor that it stands beside
	asked      float64
	visits     bool // httpd notes who comes
}

var measuredPages = []page{
	{"index, 50 names, 50 rooms", "/index/", "pages", 2.5, true},
	{"room, 50 messages", "/chat/room0/", "asking", 1.5, true},
	{"style sheet", "", "pages", 1.3, false},
}

const pagesPerSecond = 500

// paged is what one page costs.
type paged struct{ cpu, load, p99, floor float64 }

// pages measures what httpd's pages cost, uncompressed, each beside a floor of ready
// bytes as long. Each request comes from another guest: once when they all come for the
// first time, and Redis has to be told of everybody, and once when they are back.
func pages(l lab, c config) ([]row, error) {
	n, whole := 2500, 3*time.Second/2
	if c.Quick {
		n, whole = 500, 400*time.Millisecond
	}
	many := make([][]paged, len(measuredPages))
	back := make([][]paged, len(measuredPages))
	for range c.Runs {
		_, err := l.onChatter(with{httpd: true}, func(r *rig) (_ sample, err error) {
			b := &browser{ctx: l.ctx, base: "http://" + r.servers[0].Addr, cookies: []string{r.servers[0].Cookie}}
			if err := fillPages(r, b); err != nil {
				return sample{}, err
			}
			// As many guests as there are requests of one page: none comes twice.
			all := &browser{ctx: l.ctx, base: b.base}
			if all.cookies, err = cookiesOf(r.secret(), n+n/10+int(whole.Seconds()*pagesPerSecond)); err != nil {
				return sample{}, err
			}
			for i, p := range measuredPages {
				if p.path == "" {
					if p.path, err = b.styleSheet(); err != nil {
						return sample{}, err
					}
				}
				size, found, err := all.measure(r, p.path, n, whole)
				if err != nil {
					return sample{}, err
				}
				if found.floor, err = l.floorPage(p.floor, size, n); err != nil {
					return sample{}, fmt.Errorf("floor: %w", err)
				}
				many[i] = append(many[i], found)
				if !p.visits {
					continue
				}
				_, again, err := all.measure(r, p.path, n, whole)
				if err != nil {
					return sample{}, err
				}
				again.floor = found.floor
				back[i] = append(back[i], again)
			}
			return sample{}, nil
		})
		if err != nil {
			return nil, err
		}
	}
	var rows []row
	for i, p := range measuredPages {
		what := p.name
		if p.visits {
			what += ", newcomers"
		}
		rows = append(rows, pageRows(what, many[i], p.asked, 10)...)
		if p.visits {
			rows = append(rows, pageRows(p.name+", the same guests again", back[i], p.asked, 10)...)
		}
	}
	return rows, nil
}

func pageRows(what string, found []paged, asked, askedMs float64) []row {
	of := func(value func(paged) float64) []float64 { return each(found, value) }
	return []row{
		{Measure: what + ": CPU a request", Unit: "µs", Floor: of(func(p paged) float64 { return p.floor }),
			Chatter: of(func(p paged) float64 { return p.cpu }), Asked: asked, Load: median(of(func(p paged) float64 { return p.load }))},
		{Measure: fmt.Sprintf("%s: p99 at %d a second", what, pagesPerSecond), Unit: "ms", Chatter: of(func(p paged) float64 { return p.p99 }), Asked: askedMs},
	}
}

// measure is what one of n requests costs, and how long one takes at a steady pace; and
// how long the page is.
func (b *browser) measure(r *rig, path string, n int, whole time.Duration) (size int, found paged, err error) {
	if size, found.cpu, found.load, err = b.cost(r, path, n); err != nil {
		return 0, found, err
	}
	found.p99, err = b.paced(path, pagesPerSecond, whole)
	return size, found, err
}

func (l lab) floorPage(kind string, size, n int) (float64, error) {
	r := l.newRig()
	if kind == "asking" {
		if err := l.makeRedis(r); err != nil {
			r.stop()
			return 0, err
		}
	}
	r, err := l.startFloorOn(r, kind, size)
	if err != nil {
		return 0, err
	}
	defer r.stop()
	b := &browser{ctx: l.ctx, base: "http://" + r.servers[0].Addr}
	_, cost, _, err := b.cost(r, "/", n)
	return cost, err
}

// cookiesOf signs so many guests in.
func cookiesOf(secret string, n int) (cookies []string, err error) {
	for i := range n {
		cookie, err := cookieOf(secret, fmt.Sprintf("Guest %05d", i))
		if err != nil {
			return nil, err
		}
		cookies = append(cookies, cookie)
	}
	return cookies, nil
}

// fillPages has fifty guests visit fifty rooms, and fifty messages in the first.
func fillPages(r *rig, b *browser) error {
	const many = 50
	cookies, err := cookiesOf(r.secret(), many)
	if err != nil {
		return err
	}
	for i, cookie := range cookies {
		if _, err := b.get(fmt.Sprintf("/chat/room%d/", i), cookie); err != nil {
			return err
		}
	}
	client, err := redisconn.Open(r.redisURL())
	if err != nil {
		return err
	}
	defer client.Close()
	log := roomlog.New(client, roomlog.Options{})
	defer log.Close()
	room, err1 := name.ParseRoom("room0")
	text, err2 := wire.ParseText(string(filler))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	for range many {
		if _, err := log.Append(r.ctx, room, wire.NewNonce(), text); err != nil {
			return err
		}
	}
	return nil
}
