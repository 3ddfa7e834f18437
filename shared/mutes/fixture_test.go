package mutes

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/session"
	"chatter/shared/wire"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

const every = 10 * time.Second

var (
	ann = session.Author{1}
	ben = session.Author{2}
)

// bubble is a Redis inside a synctest bubble. Its clock is the bubble's.
type bubble struct {
	*testing.T
	m        *miniredis.Miniredis
	commands commandLog
	next     uint64 // the sequence number of the next message
}

// bubbled is a test for synctest.Test. Its clock begins at midnight.
func bubbled(test func(b *bubble)) func(*testing.T) {
	return func(t *testing.T) {
		b := &bubble{T: t, m: miniredis.NewMiniRedis()}
		b.m.ClockTTL(true)
		defer b.m.Close()
		test(b)
	}
}

// client returns a client whose commands are logged.
func (b *bubble) client() *redisconn.Client {
	rdb := redis.NewClient(&redis.Options{
		Addr: "127.0.0.1:6379", Protocol: 2, DisableIdentity: true, ContextTimeoutEnabled: true,
		MaxRetries: -1, DialerRetries: 1, PoolSize: 10,
		Dialer: func(context.Context, string, string) (net.Conn, error) { return b.m.Dial() },
	})
	rdb.AddHook(&b.commands)
	return redisconn.Wrap(rdb)
}

// process is one process with its Mutes.
type process struct {
	*Mutes
	b       *bubble
	client  *redisconn.Client
	expired atomic.Int64 // calls of Expires
}

// start starts a process that knows what is in force.
func (b *bubble) start() *process {
	b.Helper()
	p := b.prepare()
	p.begin()
	return p
}

// prepare makes a process that has not begun.
func (b *bubble) prepare() *process {
	p := &process{b: b, client: b.client()}
	p.Mutes = New(p.client, Options{
		Prefix: "test:", Every: every, Marks: time.Hour, Now: time.Now, Expires: func(time.Time) { p.expired.Add(1) },
	})
	return p
}

func (p *process) begin() {
	p.b.Helper()
	p.Start()
	if err := p.Load(p.b.Context()); err != nil {
		p.b.Fatal(err)
	}
	synctest.Wait()
}

// end ends a process as SIGTERM does.
func (p *process) end() {
	p.Mutes.Close()
	p.client.Close()
}

// kill ends a process as kill -9 does.
func (p *process) kill() {
	p.tasks.Close()
	p.client.Close()
	synctest.Wait()
}

// store has a process store a message of the author.
func (p *process) store(author session.Author) wire.ID {
	p.b.next++
	id := wire.ID{Ms: uint64(time.Now().UnixMilli()), Seq: p.b.next}
	p.Stored(author, room(p.b, "tea"), id)
	return id
}

func (p *process) mute(id wire.ID, d time.Duration) Order {
	p.b.Helper()
	order, err := p.Mute(p.b.Context(), room(p.b, "tea"), id, d)
	if err != nil {
		p.b.Fatalf("mute: %v", err)
	}
	synctest.Wait()
	return order
}

// want checks who is muted in the processes.
func (b *bubble) want(when string, author session.Author, muted bool, processes ...*process) {
	b.Helper()
	for i, p := range processes {
		if left, got := p.Muted(author); got != muted || muted && left <= 0 {
			b.Errorf("%s: author %d is muted in process %d: %v for %v, want %v", when, author[0], i, got, left, muted)
		}
	}
}

func room(t testing.TB, s string) name.Room {
	t.Helper()
	r, err := name.ParseRoom(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sleepIntervals waits for the window after that many intervals to be over.
func sleepIntervals(n int) {
	now := time.Now()
	time.Sleep(now.Truncate(every).Add(time.Duration(n)*every + every/windowShare).Sub(now))
	synctest.Wait()
}

// members are what Redis has, with the ends.
func (b *bubble) members() map[string]float64 {
	members, err := b.m.SortedSet("test:muted")
	if err != nil {
		return nil
	}
	return members
}

// commandLog is a hook that keeps the commands that were sent, and when.
type commandLog struct {
	mu   sync.Mutex
	sent []string
}

func (l *commandLog) add(cmds ...redis.Cmder) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, cmd := range cmds {
		// A moment within the window is random.
		line := time.Now().Truncate(every / windowShare).Format("15:04:05.0")
		for _, arg := range cmd.Args() {
			if text, ok := arg.([]byte); ok {
				arg = string(text)
			}
			line += fmt.Sprint(" ", arg)
		}
		l.sent = append(l.sent, line)
	}
}

// take returns the commands since the last call.
func (l *commandLog) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	sent := l.sent
	l.sent = nil
	return sent
}

func (l *commandLog) DialHook(next redis.DialHook) redis.DialHook { return next }
func (l *commandLog) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		l.add(cmd)
		return next(ctx, cmd)
	}
}
func (l *commandLog) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		l.add(cmds...)
		return next(ctx, cmds)
	}
}
