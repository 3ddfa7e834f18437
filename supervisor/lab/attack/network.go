package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"chatter/supervisor/lab/guest"
)

// hosts asks for a room with invented hosts.
func (a *attacker) hosts(ctx context.Context) string {
	var served, refused atomic.Int64
	c := clientOf(a.from(0))
	cookie := a.signIn(ctx, c, "Host")
	a.each(8, func(n int) {
		for i := 0; cookie != nil && guest.Pause(ctx, 5*time.Millisecond); i++ {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.address(a.room()), nil)
			if err != nil {
				return
			}
			r.Host = fmt.Sprintf("%d-%d.example.org", n, i)
			r.AddCookie(cookie)
			resp, err := c.Do(r)
			if err != nil {
				refused.Add(1)
				continue
			}
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				served.Add(1)
			} else {
				refused.Add(1)
			}
		}
	})
	return fmt.Sprintf("%d pages for invented hosts, %d refused", served.Load(), refused.Load())
}

// hold opens connections from many addresses, sends the beginning of a request on each and
// holds them. It returns how many were still open at the end.
func (a *attacker) hold(ctx context.Context, connections int, beginning string) string {
	var held atomic.Int64
	a.each(100, func(n int) {
		var open []net.Conn
		for i := 0; i < connections/100 && ctx.Err() == nil; i++ {
			c, err := a.from(n*10+i%10)(ctx, "tcp", a.stack.Addr())
			if err != nil {
				continue
			}
			if _, err := c.Write([]byte(beginning)); err == nil {
				open = append(open, c)
			}
		}
		<-ctx.Done()
		for _, c := range open {
			_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
			if _, err := c.Read(make([]byte, 1)); err != nil && isTimeout(err) {
				held.Add(1)
			}
			c.Close()
		}
	})
	return fmt.Sprintf("%d of %d connections from 1000 addresses held", held.Load(), connections)
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}

func (a *attacker) headers(ctx context.Context) string {
	return a.hold(ctx, 5000, "GET /index/ HTTP/1.1\r\nHost: "+a.stack.Addr()+"\r\nX-")
}

func (a *attacker) bodies(ctx context.Context) string {
	return a.hold(ctx, 2000, "POST /index/ HTTP/1.1\r\nHost: "+a.stack.Addr()+
		"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nuser=")
}

// frames writes the same frame to two sockets as fast as they accept it.
func (a *attacker) frames(ctx context.Context, f []byte) string {
	burst := f
	for len(burst) < 4096 {
		burst = append(burst, f...)
	}
	var accepted, closed atomic.Int64
	a.each(2, func(i int) {
		dial := a.from(0)
		cookie := a.signIn(ctx, clientOf(dial), fmt.Sprintf("Frames %d", i))
		for cookie != nil && ctx.Err() == nil {
			c, r, err := rawSocket(ctx, dial, a.stack.Addr(), "/ws"+a.room(), cookie)
			if err != nil {
				guest.Pause(ctx, 100*time.Millisecond)
				continue
			}
			a.busy.Go(func() { _, _ = r.WriteTo(discard{}) })
			accepted.Add(int64(pour(ctx, c, burst)))
			closed.Add(1)
			guest.Pause(ctx, 100*time.Millisecond)
		}
	})
	return fmt.Sprintf("two sockets at a time wrote %d KiB, %d sockets were closed", accepted.Load()>>10, closed.Load())
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// manyKeys is a JSON object that takes long to parse.
func manyKeys() []byte {
	var b strings.Builder
	b.WriteByte('{')
	for i := 0; b.Len() < 60<<10; i++ {
		fmt.Fprintf(&b, `"%x":0,`, i)
	}
	b.WriteString(`"command":"new_message"}`)
	return []byte(b.String())
}

// slowReaders opens sockets in all rooms of the polite guests and never reads from them.
func (a *attacker) slowReaders(ctx context.Context) string {
	var opened atomic.Int64
	a.each(50, func(i int) {
		dial := a.from(i % 5)
		cookie := a.signIn(ctx, clientOf(dial), fmt.Sprintf("Slow %d", i))
		var open []net.Conn
		for n := 0; cookie != nil && n < 10 && ctx.Err() == nil; n++ {
			room := a.crowd.rooms[n%len(a.crowd.rooms)].Path()
			if c, _, err := rawSocket(ctx, dial, a.stack.Addr(), "/ws"+room+"?since=0", cookie); err == nil {
				open = append(open, c)
				opened.Add(1)
			}
		}
		<-ctx.Done()
		for _, c := range open {
			c.Close()
		}
	})
	return fmt.Sprintf("%d sockets of 5 addresses that do not read", opened.Load())
}

// pages asks for the same page as fast as 8 clients of one address can.
func (a *attacker) pages(ctx context.Context, path string) string {
	statuses := newTally()
	c := clientOf(a.from(0))
	cookie := a.signIn(ctx, c, "Pages")
	a.each(8, func(int) {
		for cookie != nil && ctx.Err() == nil {
			statuses.add(ctx, c, http.MethodGet, a.address(path), cookie, nil)
		}
	})
	return "one address got " + statuses.String()
}

// reports reports all messages of a room, again and again, and messages that do not exist.
func (a *attacker) reports(ctx context.Context) string {
	statuses := newTally()
	a.each(8, func(i int) {
		c := clientOf(a.from(i % 4))
		cookie := a.signIn(ctx, c, fmt.Sprintf("Reporter %d", i))
		for n := 0; cookie != nil && guest.Pause(ctx, 5*time.Millisecond); n++ {
			id := fmt.Sprintf("%d-0", time.Now().UnixMilli()-int64(n))
			statuses.add(ctx, c, http.MethodPost, a.address(a.room()+"report/"), cookie, url.Values{"id": {id}})
		}
	})
	return "4 addresses got " + statuses.String()
}

// moderation asks to remove messages without a moderator's cookie, and guesses links.
func (a *attacker) moderation(ctx context.Context) string {
	statuses := newTally()
	a.each(8, func(i int) {
		c := clientOf(a.from(0))
		cookie := a.signIn(ctx, c, fmt.Sprintf("Usurper %d", i))
		for cookie != nil && guest.Pause(ctx, 10*time.Millisecond) {
			id := fmt.Sprintf("%d-0", time.Now().UnixMilli())
			statuses.add(ctx, c, http.MethodPost, a.address(a.room()+"moderate/"), cookie, url.Values{"id": {id}, "action": {"remove"}})
			statuses.add(ctx, c, http.MethodPost, a.address("/moderator/"), cookie, url.Values{"token": {fmt.Sprintf("%032x", time.Now().UnixNano())}})
		}
	})
	return "one address got " + statuses.String()
}
