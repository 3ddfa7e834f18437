package redisconn

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// mortalConn is a connection to a server that answers nothing while dead is true.
type mortalConn struct {
	net.Conn
	dead *atomic.Bool
}

func (c mortalConn) Write(p []byte) (int, error) {
	if c.dead.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// A subscription goes on while nothing is published, after a connection that broke and after
// one that is dead although nothing says so.
func TestListen_SubscribesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := miniredis.NewMiniRedis()
		defer m.Close()
		var dials, subscribed, received atomic.Int32
		var dead atomic.Bool
		var last atomic.Value
		c := Wrap(redis.NewClient(&redis.Options{
			Addr: "127.0.0.1:6379", Protocol: 2, DisableIdentity: true, MaxRetries: -1, DialerRetries: 1,
			Dialer: func(context.Context, string, string) (net.Conn, error) {
				dials.Add(1)
				conn, err := m.Dial()
				last.Store(conn)
				return mortalConn{conn, &dead}, err
			},
		}))
		defer c.Close()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			c.Listen(ctx, "channel", false, func() { subscribed.Add(1) }, func(string) { received.Add(1) })
		}()
		want := func(what string, n int32) {
			t.Helper()
			synctest.Wait()
			m.Publish("channel", "x")
			synctest.Wait()
			if subscribed.Load() != n || received.Load() != n {
				t.Errorf("%s: %d subscriptions, %d messages, want %d", what, subscribed.Load(), received.Load(), n)
			}
		}
		want("at first", 1)
		before := dials.Load()
		time.Sleep(time.Hour)
		if n := dials.Load() - before; n != 0 {
			t.Errorf("%d connections in a silent hour", n)
		}
		dead.Store(true)
		time.Sleep(2*silentFor - time.Second)
		dead.Store(false)
		time.Sleep(silentFor)
		want("the connection was dead", 2)
		last.Load().(net.Conn).Close()
		time.Sleep(time.Second)
		want("the connection broke", 3)
		stop()
		<-done
	})
}
