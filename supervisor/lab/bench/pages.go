//go:build linux

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"chatter/supervisor/lab/bench/floor"
)

// measuredPages are the pages of httpd. For a room's page httpd asks Redis for new messages,
// so its floor asks Redis too.
var measuredPages = []struct{ measure, path, floor string }{
	{"index, 50 names, 50 rooms: CPU per request", "/index/", "/%d"},
	{"room, 50 messages: CPU per request", "/chat/room0/", "/%d?ask=1"},
}

// pageGuests is how many users and rooms the index lists.
const pageGuests = 50

// pages is requests for httpd's pages, uncompressed, one after the other, by guests who have
// seen them before.
func pages(name string, requests int) scenario {
	return scenario{name: name, run: func(k *talk) (found []figure) {
		t, guests := k.target, []*http.Client{{Transport: uncompressed}}
		sizes := t.bench.pageSizes
		if !t.floor {
			guests = t.signInGuests(pageGuests)
			t.awaitLists(guests)
		}
		for _, p := range measuredPages {
			path := p.path
			if t.floor {
				path = fmt.Sprintf(p.floor, sizes[p.path])
			}
			t.ask(path, guests, max(requests/10, len(guests)))
			u := t.used(func() { sizes[p.path] = t.ask(path, guests, requests) })
			found = append(found, figure{p.measure, "µs", micros(u.cpu) / float64(requests)})
		}
		return found
	}}
}

// ask asks n times for a page and returns its size.
func (t *target) ask(path string, guests []*http.Client, n int) (size int) {
	for i := 0; i < n && t.failed == nil; i++ {
		size = len(t.read(guests[i%len(guests)].Get(t.url(path))))
	}
	return size
}

// signInGuests signs n guests in. Each of them says something in a room of its own and in
// the first room, and sees the page.
func (t *target) signInGuests(n int) (guests []*http.Client) {
	for i := 0; i < n && t.failed == nil; i++ {
		guest := t.signIn(fmt.Sprintf("Guest %02d", i))
		for _, room := range []int{0, i} {
			form := url.Values{"message": {textOf(i, floor.TextBytes)}, "nonce": {fmt.Sprintf("bench-nonce-%08d-%d", i, room)}}
			t.read(guest.PostForm(t.url(fmt.Sprintf("/chat/room%d/", room)), form))
		}
		guests = append(guests, guest)
	}
	return guests
}

// awaitLists asks for the index until it lists all guests and a room for each of them: httpd
// publishes them when an interval is over.
func (t *target) awaitLists(guests []*http.Client) {
	const patience = time.Minute
	for begun := time.Now(); t.failed == nil; time.Sleep(20 * time.Millisecond) {
		page := t.read(guests[0].Get(t.url("/index/")))
		if lines := strings.Count(page, "data-name="); lines == 2*len(guests) {
			return
		} else if time.Since(begun) > patience {
			t.fail(fmt.Errorf("after %v the index has %d lines, want %d", patience, lines, 2*len(guests)))
		}
	}
}

// signInAt returns the cookie of a session that the httpd of a side has made. Its wsd
// accepts it.
func (b *bench) signInAt(s side) (cookie string, err error) {
	if s.bin == "" {
		return "", nil
	}
	t := b.start(s, scenario{})
	defer t.stop()
	if guest := t.signIn("Bench"); t.failed == nil {
		site, _ := url.Parse(t.url("/"))
		for _, c := range guest.Jar.Cookies(site) {
			cookie = c.String()
		}
	}
	return cookie, t.failed
}

// uncompressed keeps its connections.
var uncompressed = &http.Transport{DisableCompression: true}

func (t *target) signIn(user string) *http.Client {
	jar, _ := cookiejar.New(nil) // without options it does not fail
	guest := &http.Client{Transport: uncompressed, Jar: jar}
	if t.failed != nil {
		return guest
	}
	t.read(guest.PostForm(t.url("/index/"), url.Values{"user": {user}}))
	return guest
}

func (t *target) url(path string) string { return "http://" + t.addrs[0].String() + path }

// read returns the text of a page.
func (t *target) read(resp *http.Response, err error) string {
	if err != nil {
		t.fail(err)
		return ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	t.fail(err)
	if resp.StatusCode != http.StatusOK {
		t.fail(fmt.Errorf("%s answered %s", resp.Request.URL.Path, resp.Status))
	}
	return string(body)
}
