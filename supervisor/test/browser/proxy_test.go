package browser_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// proxy is what lies between a guest's browser and nginx. What becomes of the sockets the
// test decides; pages pass unless it says otherwise. Both sides of a socket on which nothing
// passes believe it to be well, as when a laptop has left its network.
type proxy struct {
	listener net.Listener
	to       string // nginx

	mu       sync.Mutex
	changed  *sync.Cond
	sockets  map[*call]struct{}
	pages    map[*call]struct{} // connections of the browser that pages come over
	blocked  blocking           // what becomes of new sockets
	cachable bool               // pages may be kept, see mayKeepPages
}

// blocking is what becomes of new sockets.
type blocking int

const (
	passed    blocking = iota
	resetting          // they are reset
	forbidden          // the answer is 403
	swallowed          // nothing of them gets through, and no answer comes
)

// direction of what is said on a socket.
type direction int

const (
	up   direction = iota // from the browser
	down                  // to it
)

// call is one socket over a proxy; the proxy's lock guards it.
type call struct {
	browser, nginx net.Conn
	held           [2]bool // nothing passes
	waits          [2]bool // something has come that may not pass
	gone           bool
}

func newProxy(t *testing.T, w *whole) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &proxy{listener: listener, to: w.Addr(), sockets: make(map[*call]struct{}), pages: make(map[*call]struct{})}
	c.changed = sync.NewCond(&c.mu)
	go c.serve()
	t.Cleanup(func() {
		listener.Close()
		c.cut()
		c.end(c.pages)
	})
	return c
}

// through has the guest's browser reach the site over a proxy of their own from now on.
func (b *tab) through(t *testing.T) *proxy {
	t.Helper()
	c := newProxy(t, b.site)
	b.url = "http://" + c.listener.Addr().String() + "/"
	if b.name != "" { // the session's cookie belongs to the port
		b.open("/")
		b.signIn()
	}
	return c
}

// silence lets nothing pass on the sockets of now, in neither direction. New ones are not
// concerned, as on another network.
func (c *proxy) silence() { c.hold(c.sockets, up, down) }

// silencePages does the same to the connections that pages come over.
func (c *proxy) silencePages() { c.hold(c.pages, up, down) }

// deafen keeps from the browser what comes on the sockets of now.
func (c *proxy) deafen() { c.hold(c.sockets, down) }

// mayKeepPages says whether the browser may keep pages for the way back: over this proxy
// they do not say "no-store" any more, which forbids it.
func (c *proxy) mayKeepPages() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cachable = true
}

func (c *proxy) hold(calls map[*call]struct{}, ways ...direction) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := range calls {
		for _, w := range ways {
			s.held[w] = true
		}
	}
}

// speak lets everything pass again, what was held back first.
func (c *proxy) speak() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, calls := range []map[*call]struct{}{c.sockets, c.pages} {
		for s := range calls {
			s.held = [2]bool{}
		}
	}
	c.changed.Broadcast()
}

// holdsWords reports whether something that the browser said is being held back.
func (c *proxy) holdsWords() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := range c.sockets {
		if s.waits[up] {
			return true
		}
	}
	return false
}

// refuse resets new sockets, or does not any more.
func (c *proxy) refuse(away bool) {
	if away {
		c.block(resetting)
	} else {
		c.block(passed)
	}
}

func (c *proxy) block(how blocking) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocked = how
}

// cut resets the sockets of now, at both ends.
func (c *proxy) cut() { c.end(c.sockets) }

func (c *proxy) end(calls map[*call]struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := range calls {
		s.endLocked(c)
	}
}

func (c *proxy) serve() {
	for {
		conn, err := c.listener.Accept()
		if err != nil {
			return
		}
		go c.connect(conn)
	}
}

func (c *proxy) connect(browser net.Conn) {
	defer browser.Close()
	first := bufio.NewReader(browser)
	// The browser keeps a connection that it opened for pages to pages.
	words, err := first.Peek(len("GET /ws/"))
	if err != nil {
		return
	}
	socket := string(words) == "GET /ws/"
	c.mu.Lock()
	blocked, cachable := c.blocked, c.cachable && !socket
	c.mu.Unlock()
	if !socket {
		blocked = passed
	}
	switch blocked {
	case resetting:
		reset(browser)
		return
	case forbidden:
		if _, err := http.ReadRequest(first); err == nil {
			io.WriteString(browser, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		}
		return
	}
	nginx, err := net.Dial("tcp", c.to)
	if err != nil {
		reset(browser)
		return
	}
	s := &call{browser: browser, nginx: nginx, held: [2]bool{blocked == swallowed, blocked == swallowed}}
	c.mu.Lock()
	if socket {
		c.sockets[s] = struct{}{}
	} else {
		c.pages[s] = struct{}{}
	}
	c.mu.Unlock()
	edit := func(p []byte) []byte { return p }
	if cachable {
		edit = func(p []byte) []byte { return bytes.ReplaceAll(p, []byte("no-store"), []byte("no-cache")) }
	}
	var both sync.WaitGroup
	both.Go(func() { c.pass(s, down, edit, nginx.Read, browser.Write) })
	both.Go(func() { c.pass(s, up, func(p []byte) []byte { return p }, first.Read, nginx.Write) })
	both.Wait()
}

// pass carries one direction until either end has closed. It ends the other direction.
func (c *proxy) pass(s *call, d direction, edit func([]byte) []byte, read, write func([]byte) (int, error)) {
	buf := make([]byte, 32<<10)
	for {
		n, err := read(buf)
		c.mu.Lock()
		for s.held[d] && !s.gone {
			s.waits[d] = true
			c.changed.Wait()
		}
		s.waits[d] = false
		gone := s.gone
		c.mu.Unlock()
		if !gone && n > 0 {
			_, failed := write(edit(buf[:n]))
			gone = failed != nil
		}
		if gone || err != nil {
			c.mu.Lock()
			delete(c.sockets, s)
			delete(c.pages, s)
			c.mu.Unlock()
			s.browser.Close()
			s.nginx.Close()
			return
		}
	}
}

func (s *call) endLocked(c *proxy) {
	s.gone = true
	delete(c.sockets, s)
	delete(c.pages, s)
	c.changed.Broadcast()
	reset(s.browser)
	reset(s.nginx)
}

func reset(conn net.Conn) {
	_ = conn.(*net.TCPConn).SetLinger(0) // Closed in good order, it is cut all the same.
	conn.Close()
}
