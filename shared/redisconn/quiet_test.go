package redisconn

import (
	"bufio"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// A connection that Redis has closed while it lay in the pool is not used again:
// without retries, a command after Redis's return goes through at once.
func TestQuiet_PoolSeesThatRedisHasGone(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
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
	o := single(&redis.Options{Addr: l.Addr().String(), MaxRetries: -1, PoolSize: 1})
	client := o.client()
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

// What cannot be reached is an error within the timeout of the address.
func TestQuiet_FailsWhenNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	var op *net.OpError
	if _, err := quiet(nil, time.Second)(t.Context(), "tcp", addr); !errors.As(err, &op) || op.Op != "dial" {
		t.Errorf("got %v, want an error of dial", err)
	}
}
