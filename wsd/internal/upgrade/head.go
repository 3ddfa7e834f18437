package upgrade

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"

	"chatter/shared/nonblock"
)

const (
	// maxHead bounds a request. It is above nginx's limit (two buffers of 8 KiB; its default is four).
	maxHead    = 64 << 10
	headBuffer = 4 << 10
)

// head reads a request from a connection.
type head struct {
	reader *bufio.Reader
	conn   *nonblock.Conn
	fd     uintptr // for the first read, which does not wait; then 0
	left   int     // bytes that may still be read
}

var heads = sync.Pool{New: func() any {
	h := new(head)
	h.reader = bufio.NewReaderSize(h, headBuffer)
	return h
}}

func newHead(c *nonblock.Conn, fd uintptr) *head {
	h := heads.Get().(*head)
	h.reader.Reset(h)
	h.conn, h.fd, h.left = c, fd, maxHead
	return h
}

// free must be called when nothing refers to the reader any more. The buffer is wiped, so that
// nobody's cookie stays in memory.
func (h *head) free() {
	if h.left < maxHead {
		h.reader.Reset(zeroes{})
		_, _ = h.reader.Peek(1) // fills the buffer
	}
	h.conn = nil
	heads.Put(h)
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// Read implements io.Reader for the bufio.Reader.
func (h *head) Read(p []byte) (n int, err error) {
	if h.left <= 0 {
		return 0, tooLarge
	}
	if fd := h.fd; fd != 0 {
		if n, err = nonblock.Read(fd, p); err == nil && n == 0 {
			err = io.EOF
		}
		h.fd = 0
	} else {
		n, err = h.conn.Read(p)
	}
	h.left -= n
	return n, err
}

// refusal is an error that the client is told.
type refusal struct {
	status int
	text   string
}

func (r refusal) Error() string { return r.text }

var tooLarge = refusal{http.StatusRequestHeaderFieldsTooLarge, "the request is too large"}

func bad(text string) error { return refusal{http.StatusBadRequest, text} }

// request reads a request. It refuses what net/http's server refuses, too, and in addition
// every body and every address that is not a path: no client of wsd sends them, and proxies
// may understand them differently.
func (h *head) request() (*http.Request, error) {
	r, err := http.ReadRequest(h.reader)
	switch {
	case errors.Is(err, tooLarge):
		return nil, tooLarge
	case errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET):
		return nil, err // nobody would read an answer
	case err != nil:
		return nil, bad("the request is malformed")
	case r.ProtoMajor != 1:
		return nil, refusal{http.StatusHTTPVersionNotSupported, "only HTTP/1 is spoken here"}
	case r.ContentLength != 0 || len(r.TransferEncoding) > 0:
		return nil, bad("the request has a body")
	case !strings.HasPrefix(r.RequestURI, "/"):
		return nil, bad("the address is not a path")
	case r.Host == "" && r.ProtoAtLeast(1, 1):
		return nil, bad("the Host is missing")
	case strings.ContainsFunc(r.Host, notInHost):
		return nil, bad("the Host is malformed")
	}
	for name := range r.Header {
		if strings.ContainsFunc(name, notInName) {
			return nil, bad("a header's name is malformed")
		}
	}
	return r, nil
}

func letterOrDigit(c rune) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' }

// notInName reports whether a character may not be in a header's name (RFC 9110 section 5.6.2).
func notInName(c rune) bool { return !letterOrDigit(c) && !strings.ContainsRune("!#$%&'*+-.^_`|~", c) }

// notInHost reports whether a character may not be in a Host (RFC 3986 section 3.2.2).
func notInHost(c rune) bool {
	return !letterOrDigit(c) && !strings.ContainsRune("-._~%!$&'()*+,;=:[]", c)
}
