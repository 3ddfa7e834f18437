package redisconn

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// mortalConn is a connection to a server that answers nothing while dead is true.
type mortalConn struct {
	net.Conn
	dead *bool
}

func (c mortalConn) Write(p []byte) (int, error) {
	if *c.dead {
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
		dials, dead, last := 0, false, net.Conn(nil)
		c := Wrap(redis.NewClient(&redis.Options{
			Addr: "127.0.0.1:6379", Protocol: 2, DisableIdentity: true, MaxRetries: -1, DialerRetries: 1,
			Dialer: func(context.Context, string, string) (net.Conn, error) {
				dials++
				var err error
				last, err = m.Dial()
				return mortalConn{last, &dead}, err
			},
		}))
		defer c.Close()
		ctx, stop := context.WithCancel(t.Context())
		subscribed, received, done := 0, "", make(chan struct{})
		go func() {
			defer close(done)
			c.Listen(ctx, "channel", false, func() { subscribed++ }, func(text string) { received += text })
		}()
		want := func(what string, subscriptions int) {
			t.Helper()
			synctest.Wait()
			m.Publish("channel", "x")
			synctest.Wait()
			if subscribed != subscriptions || len(received) != subscriptions {
				t.Errorf("%s: %d subscriptions, received %q, want %d", what, subscribed, received, subscriptions)
			}
		}
		want("at first", 1)
		before := dials
		time.Sleep(time.Hour)
		if dials != before {
			t.Errorf("%d connections in a silent hour", dials-before)
		}
		dead = true
		time.Sleep(2*silentFor - time.Second)
		dead = false
		time.Sleep(silentFor)
		want("the connection was dead", 2)
		last.Close()
		time.Sleep(time.Second)
		want("the connection broke", 3)
		stop()
		<-done
	})
}
