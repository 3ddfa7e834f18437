package unsigned_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"chatter/supervisor/test/fixture"
)

// raw speaks to a redis-server without a library, so that the tests look at what is
// there and not at what a client makes of it. The append-only file is in the same form.
type raw struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func dialRedis(t *testing.T, path string) *raw {
	t.Helper()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &raw{t, conn, bufio.NewReader(conn)}
}

// do runs a command and returns its reply: a string, an int64, nil, or a list of these.
func (c *raw) do(args ...string) any {
	c.t.Helper()
	c.conn.SetDeadline(time.Now().Add(fixture.HangLimit))
	if _, err := io.WriteString(c.conn, encode(args)); err != nil {
		c.t.Fatalf("redis %q: %v", args, err)
	}
	reply, err := readValue(c.r)
	if err != nil {
		c.t.Fatalf("redis %q: %v", args, err)
	}
	return reply
}

// flat runs a command and returns everything in its reply, lists in lists included.
func (c *raw) flat(args ...string) []string {
	c.t.Helper()
	return flatten(c.do(args...))
}

// awaitRewrite waits until the append-only file was rewritten once, as the services have it done
// at each first start. A Redis that is stopped before has its file rewritten later.
func (c *raw) awaitRewrite() {
	c.t.Helper()
	fixture.Await(c.t, "the append-only file was rewritten once", func() bool {
		info := fmt.Sprint(c.do("INFO", "persistence"))
		return !strings.Contains(info, "aof_rewrites:0") && strings.Contains(info, "aof_rewrite_in_progress:0")
	})
}

func flatten(v any) []string {
	switch v := v.(type) {
	case []any:
		var all []string
		for _, x := range v {
			all = append(all, flatten(x)...)
		}
		return all
	case nil:
		return nil
	default:
		return []string{fmt.Sprint(v)}
	}
}

func encode(args []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	return b.String()
}

// readValue reads one value of RESP 2, the protocol and the file's form.
func readValue(r *bufio.Reader) (any, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return nil, err
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return nil, errors.New("an empty line")
	}
	kind, rest := line[0], line[1:]
	switch kind {
	case '+':
		return rest, nil
	case '-':
		return nil, errors.New(rest)
	}
	n, err := strconv.ParseInt(rest, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", line, err)
	}
	switch {
	case kind == ':':
		return n, nil
	case n < 0:
		return nil, nil
	case kind == '$':
		text := make([]byte, n+2)
		_, err := io.ReadFull(r, text)
		return string(text[:n]), err
	case kind == '*':
		list := make([]any, n)
		for i := range list {
			if list[i], err = readValue(r); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	return nil, fmt.Errorf("%q is no value", line)
}
