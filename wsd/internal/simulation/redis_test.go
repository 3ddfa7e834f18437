package simulation

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"chatter/shared/wire"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// flaky is a Redis that fails at every boundary: connections are refused, cut
// before a command has its effect or after it, and notifications are dropped,
// doubled and late. It can go back in time.
type flaky struct {
	m        *miniredis.Miniredis
	observer *redis.Client // without faults

	mu     sync.Mutex
	rng    *rand.Rand
	level  int  // of a thousand commands so many are cut off
	lossy  bool // notifications are dropped, doubled and late
	down   bool
	doomed int  // appends of this process are not answered any more; 0 for none
	muted  bool // and nobody is notified of them
	links  map[*link]struct{}
}

func newFlaky(rng *rand.Rand) *flaky {
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true)
	return &flaky{m: m, rng: rng, links: make(map[*link]struct{}), observer: redis.NewClient(&redis.Options{
		Addr: "127.0.0.1:6379", Protocol: 2, DisableIdentity: true, MaxRetries: -1, PoolSize: 1,
		Dialer: func(context.Context, string, string) (net.Conn, error) { return m.Dial() },
	})}
}

// roll reports a chance of n in a thousand.
func (f *flaky) roll(n int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return n > 0 && f.rng.IntN(1000) < n
}

func (f *flaky) faults() (level int, lossy, muted bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.level, f.lossy, f.muted
}

// doom has the next appends of a process take effect without an answer, and, when
// muted, without a notification. Zero ends it.
func (f *flaky) doom(process int, muted bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.doomed, f.muted = process, muted
}

func (f *flaky) isDoomed(l *link, request []byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.doomed == l.process && bytes.Contains(request, []byte("evalsha"))
}

// link is one connection to Redis, with the faults in between.
type link struct {
	f              *flaky
	process        int // that it belongs to, from 1 on
	client, server net.Conn
	out            chan []byte // replies to the client; a pipe has no buffer of its own
	ended          chan struct{}
	once           sync.Once
	discard        atomic.Bool // the next reply is lost with the link
}

func (f *flaky) dial(process int) (net.Conn, error) {
	if f.isDown() {
		// Not an error: go-redis then sleeps with a lock held, and the
		// bubble's time would stand still for the goroutines that wait for it.
		ours, theirs := net.Pipe()
		ours.Close()
		return theirs, nil
	}
	// Without f's lock: the server may hold its own while it hands a
	// notification to a link, which asks f what happens to it.
	server, err := f.m.Dial()
	if err != nil {
		return nil, err
	}
	ours, theirs := net.Pipe()
	l := &link{f: f, process: process, client: ours, server: server, out: make(chan []byte, 256), ended: make(chan struct{})}
	f.mu.Lock()
	f.links[l] = struct{}{}
	f.mu.Unlock()
	go l.requests()
	go l.replies()
	go l.sends()
	return theirs, nil
}

func (f *flaky) isDown() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.down
}

func (l *link) cut() {
	l.once.Do(func() { close(l.ended) })
	l.client.Close()
	l.server.Close()
	l.f.mu.Lock()
	delete(l.f.links, l)
	l.f.mu.Unlock()
}

// cutAll ends every connection, as a restart of Redis does.
func (f *flaky) cutAll() {
	f.mu.Lock()
	links := make([]*link, 0, len(f.links))
	for l := range f.links {
		links = append(links, l)
	}
	f.mu.Unlock()
	for _, l := range links {
		l.cut()
	}
}

// requests passes on what the client asks.
func (l *link) requests() {
	defer l.cut()
	buf := make([]byte, 2<<10)
	for {
		n, err := l.client.Read(buf)
		if err != nil {
			return
		}
		level, _, _ := l.f.faults()
		if l.f.roll(level) {
			return // before the effect
		}
		if l.f.roll(level) || l.f.isDoomed(l, buf[:n]) {
			l.discard.Store(true) // after the effect
		}
		if _, err := l.server.Write(buf[:n]); err != nil {
			return
		}
	}
}

// replies passes on what the server says, a reply at a time.
func (l *link) replies() {
	defer l.cut()
	r := bufio.NewReaderSize(l.server, 512)
	for {
		reply, err := readReply(r)
		if err != nil {
			return
		}
		if l.discard.Load() {
			return
		}
		_, lossy, muted := l.f.faults()
		if !lossy || !bytes.HasPrefix(reply, []byte("*3\r\n$7\r\nmessage\r\n")) {
			l.send(reply)
			continue
		}
		if muted {
			continue
		}
		switch l.f.pick(8) {
		case 0, 1: // dropped
		case 2:
			l.send(reply)
			l.send(reply)
		case 3, 4:
			time.AfterFunc(time.Duration(l.f.pick(80))*time.Millisecond, func() { l.send(reply) })
		default:
			l.send(reply)
		}
	}
}

func (f *flaky) pick(n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rng.IntN(n)
}

func (l *link) send(reply []byte) {
	select {
	case l.out <- reply:
	case <-l.ended:
	}
}

func (l *link) sends() {
	defer l.cut()
	for {
		select {
		case reply := <-l.out:
			if _, err := l.client.Write(reply); err != nil {
				return
			}
		case <-l.ended:
			return
		}
	}
}

// readReply reads one whole reply of the Redis protocol.
func readReply(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(line[1:])))
	switch line[0] {
	case '$':
		if n < 0 {
			return line, nil
		}
		body := make([]byte, n+2)
		_, err := io.ReadFull(r, body)
		return append(line, body...), err
	case '*':
		for range n {
			part, err := readReply(r)
			if err != nil {
				return nil, err
			}
			line = append(line, part...)
		}
	}
	return line, nil
}

// snapshot is the logs and nonces of a moment.
type snapshot struct {
	logs    map[string][]miniredis.StreamEntry
	strings map[string]string
}

func (f *flaky) snapshot() snapshot {
	s := snapshot{make(map[string][]miniredis.StreamEntry), make(map[string]string)}
	for _, key := range f.m.Keys() {
		if entries, err := f.m.Stream(key); err == nil {
			s.logs[key] = append([]miniredis.StreamEntry(nil), entries...)
		} else if value, err := f.m.Get(key); err == nil {
			s.strings[key] = value
		}
	}
	return s
}

// restore puts an older snapshot in place and restarts: Redis has gone back in
// time.
func (f *flaky) restore(s snapshot) {
	f.cutAll()
	f.m.FlushAll()
	for key, entries := range s.logs {
		for _, e := range entries {
			if _, err := f.m.XAdd(key, e.ID, e.Values); err != nil {
				panic(err)
			}
		}
	}
	for key, value := range s.strings {
		if err := f.m.Set(key, value); err != nil {
			panic(err)
		}
	}
}

// entries is a log as it stands. It is read with a command: Miniredis hands out a
// slice that it changes when it trims.
func (f *flaky) entries(key string) (entries []wire.Entry) {
	messages, err := f.observer.XRange(context.Background(), key, "-", "+").Result()
	if err != nil {
		panic(err)
	}
	for _, m := range messages {
		id, err := wire.ParseID(m.ID)
		if err != nil {
			panic(err)
		}
		entries = append(entries, wire.Entry{ID: id, Text: m.Values["m"].(string)})
	}
	return entries
}
