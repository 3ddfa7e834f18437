package redisconn

import (
	"bufio"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// A connection that Redis has closed while it lay in the pool is not used again:
// without retries, a command after Redis's return goes through at once.
func TestQuiet_PoolSeesThatRedisHasGone(t *testing.T) {
	// A Unix socket: its end is there for the peer when Close has returned.
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conns := make(chan net.Conn, 8)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns <- c
			go func() {
				commands := bufio.NewScanner(c)
				for commands.Scan() {
					switch strings.ToLower(commands.Text()) {
					case "hello":
						_, _ = c.Write([]byte("-ERR unknown command\r\n"))
					case "ping":
						_, _ = c.Write([]byte("+PONG\r\n"))
					}
				}
			}()
		}
	}()
	client := newSingle(&redis.Options{Network: "unix", Addr: l.Addr().String(), MaxRetries: -1, PoolSize: 1}, 0)
	defer client.Close()
	ctx := t.Context()
	if err := client.Ping(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	first := <-conns
	if err := client.Ping(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	if n := len(conns); n != 0 {
		t.Fatalf("a healthy connection was given up: %d more", n)
	}
	first.Close()
	if err := client.Ping(ctx).Err(); err != nil {
		t.Errorf("a dead connection was used: %v", err)
	}
}

// An address that cannot be reached is an error at once.
func TestQuiet_FailsWhenNobodyListens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	var op *net.OpError
	_, err = quiet(nil, time.Minute)(t.Context(), "unix", path)
	if !errors.As(err, &op) || op.Op != "dial" || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want an error of dial: %v", err, syscall.ECONNREFUSED)
	}
}
