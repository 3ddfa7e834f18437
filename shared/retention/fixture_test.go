package retention

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// hangLimit is after how long a test says that something hangs.
const hangLimit = 2 * time.Minute

// output is a log that the job writes and the test reads.
type output struct {
	mu    sync.Mutex
	bytes bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes.String()
}

// process is a job with a log that tells it about its messages.
type process struct {
	*Job
	log    *roomlog.Log
	output *output
}

func startProcess(t testing.TB, c *redisconn.Client, o Options) *process {
	t.Helper()
	p := &process{output: new(output)}
	o.Prefix, o.Logger = "chatter:", slog.New(slog.NewTextHandler(p.output, nil))
	if o.Nonces == 0 {
		o.Nonces = time.Hour
	}
	p.Job = Start(c, o)
	p.log = roomlog.New(c, roomlog.Options{Prefix: o.Prefix, Retention: o.Retention, Patience: hangLimit, Appended: p.Appended})
	t.Cleanup(p.end)
	return p
}

// end ends the process. It may be called twice.
func (p *process) end() {
	p.log.Close()
	p.Close()
}

func (p *process) say(t testing.TB, room, text string) {
	t.Helper()
	r, errRoom := name.ParseRoom(room)
	m, errText := wire.ParseText(text)
	if errRoom != nil || errText != nil {
		t.Fatal(errRoom, errText)
	}
	if _, err := p.log.Append(context.Background(), r, wire.NewNonce(), m); err != nil {
		t.Fatal(err)
	}
}

// bufferedConn is a pipe whose writes do not wait for the reader, like those of a socket.
type bufferedConn struct {
	net.Conn
	out  chan []byte
	stop context.CancelFunc
}

func buffered(c net.Conn) net.Conn {
	ctx, stop := context.WithCancel(context.Background())
	b := bufferedConn{c, make(chan []byte, 64), stop}
	go func() {
		for {
			select {
			case p := <-b.out:
				_, _ = c.Write(p)
			case <-ctx.Done():
				return
			}
		}
	}()
	return b
}

func (b bufferedConn) Write(p []byte) (int, error) {
	b.out <- bytes.Clone(p)
	return len(p), nil
}

func (b bufferedConn) Close() error {
	b.stop()
	return b.Conn.Close()
}

// inBubble makes a client of a miniredis, inside a synctest bubble.
func inBubble(t testing.TB, hooks ...redis.Hook) (*redisconn.Client, *miniredis.Miniredis) {
	t.Helper()
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true)
	rdb := redis.NewClient(&redis.Options{
		Addr: "127.0.0.1:6379", Protocol: 2, DisableIdentity: true, MaxRetries: -1, DialerRetries: 1,
		Dialer: func(context.Context, string, string) (net.Conn, error) {
			conn, err := m.Dial()
			return buffered(conn), err
		},
	})
	for _, hook := range hooks {
		rdb.AddHook(hook)
	}
	c := redisconn.Wrap(rdb)
	t.Cleanup(func() {
		c.Close()
		m.Close()
	})
	return c, m
}

// until waits until cond holds.
func until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(hangLimit); !cond(); {
		select {
		case <-limit:
			t.Fatalf("waited too long until %s", what)
		case <-tick.C:
		}
	}
}

// onDisk reports whether a file in dir contains a word.
func onDisk(t testing.TB, dir, word string) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil // a file of Redis may vanish
		}
		text, _ := os.ReadFile(path)
		found = found || bytes.Contains(text, []byte(word))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// finds reports whether a finding contains a text.
func (p *process) finds(text string) bool {
	return slices.ContainsFunc(p.Findings(), func(s string) bool { return strings.Contains(s, text) })
}

// gauge returns a metric.
func (p *process) gauge(name string) float64 {
	all := p.Gauges()
	return all[slices.IndexFunc(all, func(g Gauge) bool { return g.Name == name })].Value()
}
