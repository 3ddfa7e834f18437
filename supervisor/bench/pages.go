package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
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
}

var measuredPages = []page{
	{"index, 50 names, 50 rooms", "/index/", "pages", 2.5},
	{"room, 50 messages", "/chat/room0/", "asking", 1.5},
	{"style sheet", "", "pages", 1.3},
}

// pages measures what httpd's pages cost, uncompressed, each beside a floor of ready
// bytes as long.
func pages(l lab, c config) ([]row, error) {
	n, whole := 4000, 4*time.Second
	if c.Quick {
		n, whole = 1500, time.Second/2
	}
	cpu := make([]struct{ floor, chatter, p99 []float64 }, len(measuredPages))
	for range c.Runs {
		r, err := l.startChatter(with{httpd: true})
		if err != nil {
			return nil, err
		}
		defer r.stop()
		b := browser{base: "http://" + r.servers[0].Addr, cookie: r.servers[0].Cookie}
		if err := fillPages(l.ctx, r, b); err != nil {
			return nil, err
		}
		for i, p := range measuredPages {
			if p.path == "" {
				if p.path, err = b.styleSheet(); err != nil {
					return nil, err
				}
			}
			size, chatter, err := b.cost(r, p.path, n)
			if err != nil {
				return nil, err
			}
			floor, err := l.floorPage(p.floor, size, n)
			if err != nil {
				return nil, fmt.Errorf("floor: %w", err)
			}
			p99, err := b.paced(p.path, 500, whole)
			if err != nil {
				return nil, err
			}
			cpu[i].floor, cpu[i].chatter, cpu[i].p99 = append(cpu[i].floor, floor), append(cpu[i].chatter, chatter), append(cpu[i].p99, p99)
		}
		r.stop()
	}
	var rows []row
	for i, p := range measuredPages {
		rows = append(rows,
			row{Measure: p.name + ": CPU a request", Unit: "µs", Floor: median(cpu[i].floor), Chatter: median(cpu[i].chatter), Asked: p.asked},
			row{Measure: p.name + ": p99 at 500 a second", Unit: "ms", Chatter: median(cpu[i].p99), Asked: 10})
	}
	return rows, nil
}

func (l lab) floorPage(kind string, size, n int) (float64, error) {
	r := &rig{floor: true}
	if kind == "asking" {
		if err := l.makeRedis(r); err != nil {
			return 0, err
		}
	}
	r, err := l.startFloorOn(r, kind, size)
	if err != nil {
		return 0, err
	}
	defer r.stop()
	_, cost, err := browser{base: "http://" + r.servers[0].Addr}.cost(r, "/", n)
	return cost, err
}

// fillPages has fifty guests visit fifty rooms, and fifty messages in the first.
func fillPages(ctx context.Context, r *rig, b browser) error {
	const many = 50
	for i := range many {
		cookie, err := cookieOf(r.secret(), fmt.Sprint("Guest ", i))
		if err != nil {
			return err
		}
		guest := browser{base: b.base, cookie: cookie}
		if _, err := guest.get(fmt.Sprintf("/chat/room%d/", i)); err != nil {
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
		if _, err := log.Append(ctx, room, wire.NewNonce(), text); err != nil {
			return err
		}
	}
	return nil
}

// browser asks for pages, as a guest if it has a cookie.
type browser struct{ base, cookie string }

// pagesClient keeps its connections, and asks for nothing compressed.
var pagesClient = &http.Client{
	Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (b browser) get(path string) ([]byte, error) {
	req, err := http.NewRequest(http.MethodGet, b.base+path, nil)
	if err != nil {
		return nil, err
	}
	if b.cookie != "" {
		req.Header.Set("Cookie", b.cookie)
	}
	resp, err := pagesClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s", path, resp.Status)
	}
	return body, err
}

var styleSheetLink = regexp.MustCompile(`<link[^>]+href="?([^" >]+\.css)`)

func (b browser) styleSheet() (string, error) {
	body, err := b.get("/")
	if err != nil {
		return "", err
	}
	m := styleSheetLink.FindSubmatch(body)
	if m == nil {
		return "", errors.New("the index names no style sheet")
	}
	u, err := url.Parse(string(m[1]))
	if err != nil {
		return "", err
	}
	return u.Path, nil
}

// cost is the processor time of one of n requests, in microseconds, and how long the
// page is.
func (b browser) cost(r *rig, path string, n int) (size int, cost float64, err error) {
	for range n / 10 {
		if _, err := b.get(path); err != nil {
			return 0, 0, err
		}
	}
	before, err := r.cpu()
	if err != nil {
		return 0, 0, err
	}
	for range n {
		body, err := b.get(path)
		if err != nil {
			return 0, 0, err
		}
		size = len(body)
	}
	after, err := r.cpu()
	return size, float64(after-before) / float64(time.Microsecond) / float64(n), err
}

// paced asks so many times a second and returns the 99th percentile of the times that it
// took, in milliseconds.
func (b browser) paced(path string, perSecond int, whole time.Duration) (float64, error) {
	type answer struct {
		took time.Duration
		err  error
	}
	n := int(whole.Seconds() * float64(perSecond))
	answers := make(chan answer, n)
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	for range n {
		due := <-tick.C
		go func() {
			_, err := b.get(path)
			answers <- answer{time.Since(due), err}
		}()
	}
	var times []time.Duration
	for range n {
		a := <-answers
		if a.err != nil {
			return 0, a.err
		}
		times = append(times, a.took)
	}
	slices.Sort(times)
	return quantile(times, 0.99).Seconds() * 1000, nil
}
