package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"chatter/supervisor/run/stack"
)

type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// dialFrom opens connections from this address.
func dialFrom(address string) dialer {
	return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}).DialContext
}

// clientOf returns a client that does not follow redirects.
func clientOf(dial dialer) *http.Client {
	return &http.Client{
		Timeout:       patience,
		Transport:     &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// request sends a form, or no body if form is nil, and returns the status and the size of the
// answer.
func request(ctx context.Context, c *http.Client, method, address string, cookie *http.Cookie, form url.Values) (status, size int, err error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return 0, 0, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if cookie != nil {
		r.AddCookie(cookie)
	}
	resp, err := c.Do(r)
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, int(n), err
}

// rawSocket opens a WebSocket and leaves the frames to the caller.
func rawSocket(ctx context.Context, dial dialer, host, path string, cookie *http.Cookie) (net.Conn, *bufio.Reader, error) {
	c, err := dial(ctx, "tcp", host)
	if err != nil {
		return nil, nil, err
	}
	_, err = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: chatter.v1\r\nCookie: %s=%s\r\n\r\n",
		path, host, host, cookie.Name, cookie.Value)
	if err != nil {
		c.Close()
		return nil, nil, err
	}
	r := bufio.NewReader(c)
	resp, err := http.ReadResponse(r, nil)
	if err == nil && resp.StatusCode != http.StatusSwitchingProtocols {
		err = fmt.Errorf("status %d", resp.StatusCode)
	}
	if err != nil {
		c.Close()
		return nil, nil, err
	}
	return c, r, nil
}

// frame encodes a client's frame (RFC 6455, section 5.2). Its mask is zero, so the payload
// stays readable.
func frame(fin bool, opcode byte, payload []byte) []byte {
	first := opcode
	if fin {
		first |= 0x80
	}
	f := []byte{first}
	switch n := len(payload); {
	case n < 126:
		f = append(f, 0x80|byte(n))
	case n < 1<<16:
		f = append(f, 0x80|126, byte(n>>8), byte(n))
	default:
		f = append(f, 0x80|127, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	f = append(f, 0, 0, 0, 0)
	return append(f, payload...)
}

// pour writes the same bytes until the peer has closed or ctx ends. It returns how many bytes
// the peer has accepted.
func pour(ctx context.Context, c net.Conn, p []byte) (accepted int) {
	defer context.AfterFunc(ctx, func() { c.Close() })()
	defer c.Close()
	for {
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := c.Write(p)
		accepted += n
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) || ctx.Err() != nil {
			return accepted
		}
	}
}

// raiseDescriptors lets this process and the stack that it starts have as many open
// connections as the machine allows.
func raiseDescriptors() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		limit.Cur = limit.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit) // then fewer connections are tried
	}
}

// resident is the resident memory of a process in MiB, without the pages that it shares.
func resident(ctx context.Context, s *stack.Stack, process string) int {
	pid, err := s.Pid(ctx, process)
	if err != nil {
		return 0
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	var kib int
	if _, after, ok := strings.Cut(string(text), "RssAnon:"); ok {
		_, _ = fmt.Sscan(after, &kib)
	}
	return kib >> 10
}
