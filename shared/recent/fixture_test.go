package recent

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"chatter/shared/limits"
	"chatter/shared/name"
	"chatter/shared/redisconn"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// bubble is a Redis inside a synctest bubble. Its clock is the bubble's.
type bubble struct {
	*testing.T
	m        *miniredis.Miniredis
	client   *redisconn.Client
	commands commandLog
}

// commandLog is a hook that keeps the commands that were sent.
type commandLog struct {
	mu   sync.Mutex
	sent []redis.Cmder
}

func (l *commandLog) add(cmds ...redis.Cmder) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, cmds...)
}

// take returns the commands since the last call.
func (l *commandLog) take() (sent []redis.Cmder) {
	l.mu.Lock()
	defer l.mu.Unlock()
	sent, l.sent = l.sent, nil
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

// bubbled is a test for synctest.Test. Its clock begins at midnight.
func bubbled(test func(b *bubble)) func(*testing.T) {
	return func(t *testing.T) {
		m := miniredis.NewMiniRedis()
		m.ClockTTL(true)
		rdb := redis.NewClient(&redis.Options{
			Addr: "127.0.0.1:6379", Protocol: 2, DisableIdentity: true, ContextTimeoutEnabled: true,
			MaxRetries: -1, DialerRetries: 1, PoolSize: 10,
			Dialer: func(context.Context, string, string) (net.Conn, error) { return m.Dial() },
		})
		b := &bubble{T: t, m: m, client: redisconn.Wrap(rdb)}
		rdb.AddHook(&b.commands)
		defer m.Close()
		defer b.client.Close()
		test(b)
	}
}

const every = 10 * time.Second

var options = Options{Every: every, Key: []byte("a key")}

// start starts a Presence that ends with the test.
func (b *bubble) start(here ...string) *Presence {
	p := New(b.client, options)
	p.Start(func(add func(name.User, limits.Class)) {
		for _, s := range here {
			add(user(b, s), limits.Class{})
		}
	})
	return p
}

// shown are the names of the lists, as "user user | room room".
func (b *bubble) shown(p *Presence) string {
	b.Helper()
	l, err := p.Read(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return namesOf(l.Users) + " | " + namesOf(l.Rooms)
}

func namesOf(lines []Line) string {
	var names []string
	for _, line := range lines {
		names = append(names, line.Name)
	}
	return strings.Join(names, " ")
}

func user(t testing.TB, s string) name.User {
	t.Helper()
	u, err := name.ParseUser(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func room(t testing.TB, s string) name.Room {
	t.Helper()
	r, err := name.ParseRoom(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// invented are n names.
func invented(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("guest %05d", i)
	}
	return names
}
