package main

import (
	"context"
	"net"
	"sync"
	"time"
)

// line is one guest's network: it can be cut, and it can go silent, so that neither side
// learns that the other is out of reach. It is safe for concurrent use.
type line struct {
	mu    sync.Mutex
	conns map[*conn]struct{}
}

// dial opens a connection over the line. A guest whose old connection is silent gets a
// new one, as on another network.
func (l *line) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	inner, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: inner, line: l, left: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns == nil {
		l.conns = make(map[*conn]struct{})
	}
	l.conns[c] = struct{}{}
	return c, nil
}

func (l *line) all() []*conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	conns := make([]*conn, 0, len(l.conns))
	for c := range l.conns {
		conns = append(conns, c)
	}
	return conns
}

// cut ends the connections, with a reset if it is to be rude.
func (l *line) cut(reset bool) {
	for _, c := range l.all() {
		c.end(reset)
	}
}

// silence lets nothing through on the connections of now for d. Then what was held back
// arrives, or, if the network has forgotten them, they are reset.
func (l *line) silence(d time.Duration, forgotten bool) {
	for _, c := range l.all() {
		c.hush()
		time.AfterFunc(d, func() { c.speak(forgotten) })
	}
}

// heal ends every silence.
func (l *line) heal() {
	for _, c := range l.all() {
		c.speak(false)
	}
}

// conn is one connection over a line.
type conn struct {
	net.Conn
	line *line
	left chan struct{} // closed when the guest has closed its end

	mu    sync.Mutex
	quiet chan struct{} // while silent; closed when that ends
	held  []byte        // what the guest wrote meanwhile
	once  sync.Once
}

// Read gives nothing away while the line is silent, not even what came just before.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	quiet := c.quiet
	c.mu.Unlock()
	if quiet != nil {
		select {
		case <-quiet:
		case <-c.left:
			return 0, net.ErrClosed
		}
	}
	return n, err
}

// Write always succeeds while the line is silent, as a kernel's buffer lets it.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quiet != nil {
		c.held = append(c.held, p...)
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// Close ends the guest's side. The other side of a silent line does not hear of it.
func (c *conn) Close() error {
	c.once.Do(func() { close(c.left) })
	c.mu.Lock()
	silent := c.quiet != nil
	c.mu.Unlock()
	if silent {
		return c.Conn.SetReadDeadline(time.Unix(1, 0)) // so that a Read under way ends
	}
	c.forget()
	return c.Conn.Close()
}

func (c *conn) hush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quiet == nil {
		c.quiet = make(chan struct{})
	}
}

// speak ends the silence.
func (c *conn) speak(forgotten bool) {
	c.mu.Lock()
	if c.quiet == nil {
		c.mu.Unlock()
		return
	}
	close(c.quiet)
	c.quiet = nil
	held := c.held
	c.held = nil
	gone := false
	select {
	case <-c.left:
		gone = true
	default:
		if !forgotten {
			_, _ = c.Conn.Write(held) // The reader sees what became of it.
		}
	}
	c.mu.Unlock()
	if forgotten || gone {
		c.end(true)
	}
}

func (c *conn) end(reset bool) {
	c.forget()
	if tcp, ok := c.Conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	c.Conn.Close()
}

func (c *conn) forget() {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	delete(c.line.conns, c)
}
