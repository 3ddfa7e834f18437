package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/stack"
)

// attack is one kind of attack.
type attack struct {
	name string
	// do attacks until ctx ends, and says what that achieved. nil does nothing.
	do func(a *attacker, ctx context.Context) string
}

var attacks = []attack{
	{"flood", func(a *attacker, ctx context.Context) string { return a.flood(ctx, 60, 1) }},
	{"flood-many", func(a *attacker, ctx context.Context) string { return a.flood(ctx, 60, 60) }},
	{"forms", (*attacker).forms},
	{"names", (*attacker).names},
	{"rooms", (*attacker).rooms},
	{"memory", (*attacker).fillMemory},
	{"hosts", (*attacker).hosts},
	{"headers", (*attacker).headers},
	{"bodies", (*attacker).bodies},
	{"pings", func(a *attacker, ctx context.Context) string { return a.frames(ctx, frame(true, 9, nil)) }},
	{"fragments", func(a *attacker, ctx context.Context) string { return a.frames(ctx, frame(false, 0, nil)) }},
	{"objects", func(a *attacker, ctx context.Context) string { return a.frames(ctx, frame(true, 1, manyKeys())) }},
	{"slow-readers", (*attacker).slowReaders},
	{"histories", func(a *attacker, ctx context.Context) string { return a.pages(ctx, a.room()+"messages/?limit=100") }},
	{"qr", func(a *attacker, ctx context.Context) string { return a.pages(ctx, a.room()+"qr/") }},
	{"reports", (*attacker).reports},
	{"moderation", (*attacker).moderation},
}

func attackNames() (names []string) {
	for _, a := range attacks {
		names = append(names, a.name)
	}
	return names
}

// attacker is the clients of one attack.
type attacker struct {
	stack  *stack.Stack
	crowd  *crowd
	number int
	busy   sync.WaitGroup
}

func newAttacker(s *stack.Stack, w *crowd, number int) *attacker {
	return &attacker{stack: s, crowd: w, number: number}
}

// from is one of the attack's addresses.
func (a *attacker) from(i int) dialer {
	return dialFrom(fmt.Sprintf("127.%d.%d.%d", 100+a.number, 1+i/200%200, 1+i%200))
}

// room is the path of the polite guests' room that is attacked.
func (a *attacker) room() string { return a.crowd.rooms[0].Path() }

func (a *attacker) address(path string) string {
	return strings.TrimSuffix(a.stack.URL(), "/") + path
}

// signIn returns nil when the site refuses it.
func (a *attacker) signIn(ctx context.Context, c *http.Client, name string) *http.Cookie {
	cookie, err := guest.SignIn(ctx, c, a.stack.URL(), name)
	if err != nil {
		return nil
	}
	return cookie
}

// each runs do with that many clients at once until all have returned.
func (a *attacker) each(clients int, do func(i int)) {
	for i := range clients {
		a.busy.Go(func() { do(i) })
	}
	a.busy.Wait()
}

// flood has sessions from so many addresses say as much as they can in a room in which others
// talk.
func (a *attacker) flood(ctx context.Context, sessions, addresses int) string {
	var stored, refused atomic.Int64
	a.each(sessions, func(i int) {
		dial := a.from(i % addresses)
		cookie := a.signIn(ctx, clientOf(dial), fmt.Sprintf("Flood %d", i))
		if cookie == nil {
			return
		}
		c, r, err := rawSocket(ctx, dial, a.stack.Addr(), "/ws"+a.room(), cookie)
		if err != nil {
			return
		}
		defer c.Close()
		defer context.AfterFunc(ctx, func() { c.Close() })()
		a.busy.Go(func() {
			for {
				line := make([]byte, 1024)
				n, err := r.Read(line)
				stored.Add(int64(strings.Count(string(line[:n]), `"event":"ack"`)))
				refused.Add(int64(strings.Count(string(line[:n]), `"event":"refused"`)))
				if err != nil {
					return
				}
			}
		})
		for guest.Pause(ctx, 20*time.Millisecond) {
			text, _ := json.Marshal(map[string]string{"command": "new_message", "message": "flood", "nonce": string(wire.NewNonce())})
			if _, err := c.Write(frame(true, 1, text)); err != nil {
				return
			}
		}
	})
	return fmt.Sprintf("%d sessions from %d addresses stored %d, %d refused", sessions, addresses, stored.Load(), refused.Load())
}

// forms says as much as it can by forms.
func (a *attacker) forms(ctx context.Context) string {
	var stored, refused atomic.Int64
	a.each(20, func(i int) {
		c := clientOf(a.from(0))
		cookie := a.signIn(ctx, c, fmt.Sprintf("Form %d", i))
		for cookie != nil && guest.Pause(ctx, 10*time.Millisecond) {
			status, _, err := request(ctx, c, http.MethodPost, a.address(a.room()), cookie, url.Values{"message": {"form"}, "nonce": {string(wire.NewNonce())}})
			switch {
			case err == nil && status == http.StatusSeeOther:
				stored.Add(1)
			case err == nil:
				refused.Add(1)
			}
		}
	})
	return fmt.Sprintf("20 sessions of one address stored %d, %d refused", stored.Load(), refused.Load())
}

// names signs in with names that come first in an alphabet, from one address, and looks how
// many lines of the index are its own.
func (a *attacker) names(ctx context.Context) string {
	var signedIn atomic.Int64
	a.each(4, func(n int) {
		c := clientOf(a.from(0))
		for i := 0; guest.Pause(ctx, 20*time.Millisecond); i++ {
			if cookie := a.signIn(ctx, c, fmt.Sprintf("!!! %d %d", n, i)); cookie != nil {
				signedIn.Add(1)
				_, _, _ = request(ctx, c, http.MethodGet, a.address("/index/"), cookie, nil)
			}
		}
	})
	return fmt.Sprintf("%d signed in from one address, at most %d of the index's lines are theirs", signedIn.Load(), a.lines("!!! "))
}

// rooms says something in as many new rooms as it can, from one address.
func (a *attacker) rooms(ctx context.Context) string {
	opened := a.open(ctx, 1, "room %d %d", "x")
	return fmt.Sprintf("opened %d rooms from one address, at most %d of the index's lines are theirs", opened, a.lines(">room "))
}

// fillMemory says long messages in new rooms, from many addresses.
func (a *attacker) fillMemory(ctx context.Context) string {
	before := redisMemory(context.WithoutCancel(ctx), a.stack)
	opened := a.open(ctx, 50, "long %d %d", strings.Repeat("\"", 2000))
	return fmt.Sprintf("%d rooms from 50 addresses, Redis grew by %d KiB", opened, redisMemory(context.WithoutCancel(ctx), a.stack)-before)
}

func (a *attacker) open(ctx context.Context, addresses int, format, text string) int64 {
	var opened atomic.Int64
	a.each(max(addresses, 4), func(n int) {
		c := clientOf(a.from(n % addresses))
		cookie := a.signIn(ctx, c, fmt.Sprintf("Opener %d", n))
		for i := 0; cookie != nil && guest.Pause(ctx, 20*time.Millisecond); i++ {
			path := "/chat/" + url.PathEscape(fmt.Sprintf(format, n, i)) + "/"
			status, _, err := request(ctx, c, http.MethodPost, a.address(path), cookie, url.Values{"message": {text}, "nonce": {string(wire.NewNonce())}})
			if err == nil && status == http.StatusSeeOther {
				opened.Add(1)
			}
		}
	})
	return opened.Load()
}

// lines looks at the index for three intervals of presence, and returns how many lines began
// with the prefix at most.
func (a *attacker) lines(prefix string) (most int) {
	ctx, cancel := context.WithTimeout(context.Background(), 6*time.Second)
	defer cancel()
	c := clientOf(dialFrom("127.52.1.1"))
	cookie := a.signIn(ctx, c, "Reader")
	for cookie != nil && guest.Pause(ctx, 500*time.Millisecond) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.address("/index/"), nil)
		if err != nil {
			return most
		}
		r.AddCookie(cookie)
		resp, err := c.Do(r)
		if err != nil {
			continue
		}
		page, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		most = max(most, strings.Count(string(page), prefix))
	}
	return most
}
