package main

import (
	"context"
	"net"
	"sync"
	"time"
)

// proxy carries the connections of one guest. It can cut them, and it can silence them: then
// neither side learns that the other cannot be reached. It is safe for concurrent use.
type proxy struct {
	local net.Addr // of the guest; nil for any
	conns sync.Map // of *conn
}

// addressOf returns loopback address number n, and further on the first ones again. The
// limits of the site count each address for itself.
func addressOf(n int) *net.TCPAddr {
	return &net.TCPAddr{IP: net.IPv4(127, byte(1+n>>16&0x3f), byte(n>>8), byte(n))}
}

// dial opens a connection. It is not silent if an older one is: the guest may have changed to
// another network.
func (p *proxy) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{LocalAddr: p.local}
	inner, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: inner, proxy: p, left: make(chan struct{})}
	p.conns.Store(c, nil)
	return c, nil
}

func (p *proxy) all() (conns []*conn) {
	for c := range p.conns.Range {
		conns = append(conns, c.(*conn))
	}
	return conns
}

// cut ends the connections, with or without a reset.
func (p *proxy) cut(reset bool) {
	for _, c := range p.all() {
		c.end(reset)
	}
}

// silence stops the data of the present connections for d. Then the held data arrives, or the
// connections are reset.
func (p *proxy) silence(d time.Duration, reset bool) {
	for _, c := range p.all() {
		c.hold()
		time.AfterFunc(d, func() { c.release(reset) })
	}
}

// heal ends every silence.
func (p *proxy) heal() {
	for _, c := range p.all() {
		c.release(false)
	}
}

// conn is one connection of a proxy.
type conn struct {
	net.Conn
	proxy *proxy
	left  chan struct{} // closed when the guest has closed the connection

	mu     sync.Mutex
	silent chan struct{} // nil, or closed at the end of the silence
	held   []byte        // data that the guest wrote meanwhile
	once   sync.Once
}

// Read returns nothing during a silence, also no data that came before.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	silent := c.silent
	c.mu.Unlock()
	if silent != nil {
		select {
		case <-silent:
		case <-c.left:
			return 0, net.ErrClosed
		}
	}
	return n, err
}

// Write always succeeds during a silence, as with the buffer of a kernel.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silent != nil {
		c.held = append(c.held, p...)
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// Close ends the guest's side. During a silence the other side does not learn of it.
func (c *conn) Close() error {
	c.once.Do(func() { close(c.left) })
	c.mu.Lock()
	silent := c.silent != nil
	c.mu.Unlock()
	if silent {
		return c.Conn.SetReadDeadline(time.Unix(1, 0)) // ends a Read
	}
	c.proxy.conns.Delete(c)
	return c.Conn.Close()
}

func (c *conn) hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silent == nil {
		c.silent = make(chan struct{})
	}
}

// release ends a silence.
func (c *conn) release(reset bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silent == nil {
		return
	}
	close(c.silent)
	c.silent = nil
	select {
	case <-c.left:
		reset = true
	default:
	}
	if reset {
		c.end(true)
		return
	}
	_, _ = c.Conn.Write(c.held) // After a failure the reader gets an error.
	c.held = nil
}

func (c *conn) end(reset bool) {
	c.proxy.conns.Delete(c)
	if tcp, ok := c.Conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	c.Conn.Close()
}
