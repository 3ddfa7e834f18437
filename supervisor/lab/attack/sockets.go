package attack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"chatter/shared/wire"
	"chatter/supervisor/lab/bench/swarm"
	"chatter/supervisor/lab/guest"
)

// flood sends as many messages as it can by sockets in a room in which others talk.
func flood(sessions, addresses int) method {
	return func(ctx context.Context, a *attacker) string {
		var events tally
		a.each(ctx, sessions, addresses, "Flood", func(s *session, _ int) {
			c, r, err := s.socket(ctx, a.room())
			if err != nil {
				return
			}
			var reading sync.WaitGroup
			defer reading.Wait()
			defer c.Close()
			reading.Go(func() {
				for err == nil {
					var frame string
					frame, err = r.ReadString('}')
					events.add("stored", strings.Count(frame, `"event":"ack"`))
					events.add("refused", strings.Count(frame, `"event":"refused"`))
				}
			})
			for guest.Pause(ctx, 20*time.Millisecond) {
				text, _ := json.Marshal(map[string]string{"command": "new_message", "message": "flood", "nonce": string(wire.NewNonce())})
				if _, err := c.Write(swarm.AppendFrame(nil, true, swarm.OpText, text)); err != nil {
					return
				}
			}
		})
		return fmt.Sprintf("%d sessions from %d addresses: %v", sessions, addresses, &events)
	}
}

// frames writes the same frame to two sockets as fast as they accept it.
func frames(f []byte) method {
	var burst []byte
	for len(burst) < 4096 {
		burst = append(burst, f...)
	}
	return func(ctx context.Context, a *attacker) string {
		var accepted, closed atomic.Int64
		a.repeat(ctx, 2, 1, "Frames", 100*time.Millisecond, func(s *session, _, _ int) {
			c, r, err := s.socket(ctx, a.room())
			if err != nil {
				return
			}
			var reading sync.WaitGroup
			reading.Go(func() { _, _ = io.Copy(io.Discard, r) })
			accepted.Add(pour(ctx, c, burst))
			reading.Wait()
			closed.Add(1)
		})
		return fmt.Sprintf("two sockets at a time wrote %d KiB, %d sockets were closed", accepted.Load()>>10, closed.Load())
	}
}

// pour writes the same bytes until the peer closes the connection or ctx ends, and closes it.
// It returns how many bytes the peer has accepted.
func pour(ctx context.Context, c net.Conn, p []byte) (accepted int64) {
	defer c.Close()
	for {
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := c.Write(p)
		accepted += int64(n)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) || ctx.Err() != nil {
			return accepted
		}
	}
}

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

// slowReaders opens sockets in all rooms and never reads from them.
func slowReaders(ctx context.Context, a *attacker) string {
	var opened atomic.Int64
	a.each(ctx, 50, 5, "Slow", func(s *session, _ int) {
		for n := 0; n < 10 && ctx.Err() == nil; n++ {
			room := a.rooms[n%len(a.rooms)]
			if _, _, err := s.socket(ctx, room.Path()+"?since=0"); err == nil {
				opened.Add(1)
			}
		}
		<-ctx.Done()
	})
	return fmt.Sprintf("%d sockets of 5 addresses that do not read", opened.Load())
}

// headers holds connections with unfinished headers.
func headers(ctx context.Context, a *attacker) string {
	return a.hold(ctx, 50, "GET /index/ HTTP/1.1\r\nHost: "+a.stack.Addr()+"\r\nX-")
}

// bodies holds connections with unfinished bodies.
func bodies(ctx context.Context, a *attacker) string {
	return a.hold(ctx, 20, "POST /index/ HTTP/1.1\r\nHost: "+a.stack.Addr()+
		"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nuser=")
}

// hold opens a hundred times so many connections from many addresses and sends the beginning
// of a request on each. It tells how many are still open when ctx ends.
func (a *attacker) hold(ctx context.Context, connections int, beginning string) string {
	var held atomic.Int64
	var holding sync.WaitGroup
	for n := range 100 {
		holding.Go(func() {
			var open []net.Conn
			for i := 0; i < connections && ctx.Err() == nil; i++ {
				c, err := a.at(n*10+i%10).dialer.DialContext(ctx, "tcp", a.stack.Addr())
				if err != nil {
					continue
				}
				defer c.Close()
				if _, err := c.Write([]byte(beginning)); err == nil {
					open = append(open, c)
				}
			}
			<-ctx.Done()
			for _, c := range open {
				_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
				if _, err := c.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
					held.Add(1)
				}
			}
		})
	}
	holding.Wait()
	return fmt.Sprintf("%d of %d connections from 1000 addresses held", held.Load(), 100*connections)
}
