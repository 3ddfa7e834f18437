package upgrade

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"chatter/shared/nonblock"
	"chatter/wsd/internal/stack"
)

const (
	// lingerBytes and lingerTimeout bound what is read after an answer, so that the kernel
	// does not answer unread bytes with a reset that overtakes the answer.
	lingerBytes   = 256 << 10
	lingerTimeout = 500 * time.Millisecond
)

// conn is a connection until it ends or is hijacked.
type conn struct {
	*nonblock.Conn
	server    *Server
	answering bool // its request is whole; guarded by Server.mu

	// While the handler runs.
	head     *head
	request  *http.Request
	response http.Response
	body     []byte
	hijacked bool
}

// serve handles the one request.
func (c *conn) serve(ctx context.Context) {
	stack.Grow()
	defer c.end()
	var err error
	if c.head, err = c.awaitHead(); err != nil {
		return // it has sent nothing
	}
	c.request, err = c.head.request()
	c.server.beginAnswer(c)
	if err == nil {
		c.request = c.request.WithContext(ctx)
		c.request.RemoteAddr = c.RemoteAddr().String()
		c.server.Handler.ServeHTTP(c, c.request)
	} else if refused, ok := errors.AsType[refusal](err); ok {
		http.Error(c, refused.text, refused.status)
	}
	if !c.hijacked && c.response.StatusCode != 0 {
		c.answer()
	}
}

// end frees what is left of the connection, after a panic too.
func (c *conn) end() {
	if value := recover(); value != nil {
		c.server.logPanic(value)
	}
	if c.head != nil {
		c.head.free()
	}
	if !c.hijacked {
		c.Conn.Close()
		c.server.remove(c)
	}
}

// awaitHead waits until something can be read, without a buffer, and reads it.
func (c *conn) awaitHead() (h *head, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	waited := raw.Read(func(fd uintptr) bool {
		h = newHead(c.Conn, fd)
		if _, err = h.reader.Peek(1); err != nil {
			h.free()
			h = nil
		}
		return err != syscall.EAGAIN
	})
	return h, errors.Join(waited, err)
}

// Header implements http.ResponseWriter.
func (c *conn) Header() http.Header {
	if c.response.Header == nil {
		c.response.Header = make(http.Header)
	}
	return c.response.Header
}

// WriteHeader implements http.ResponseWriter.
func (c *conn) WriteHeader(status int) {
	if c.response.StatusCode == 0 {
		c.response.StatusCode = status
	}
}

// Write implements http.ResponseWriter. The answer is sent when the handler has returned.
func (c *conn) Write(p []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	c.body = append(c.body, p...)
	return len(p), nil
}

// Hijack implements http.Hijacker.
func (c *conn) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if c.hijacked || c.body != nil {
		return nil, nil, http.ErrHijacked
	}
	c.hijacked = true
	c.server.remove(c)
	return c.Conn, bufio.NewReadWriter(c.head.reader, nil), nil
}

// answer sends the answer and ends the connection.
func (c *conn) answer() {
	c.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	c.response.ProtoMajor, c.response.ProtoMinor = 1, 1
	c.response.Request, c.response.Close = c.request, true
	c.response.Body, c.response.ContentLength = io.NopCloser(bytes.NewReader(c.body)), int64(len(c.body))
	_ = c.SetWriteDeadline(time.Now().Add(requestTimeout))
	if c.response.Write(c.Conn) != nil || c.CloseWrite() != nil {
		return
	}
	_ = c.SetReadDeadline(time.Now().Add(lingerTimeout))
	_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes)
}
