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

// deadConn takes what is written and answers nothing.
type deadConn struct{ net.Conn }

func (deadConn) Write(p []byte) (int, error) { return len(p), nil }

// A subscription goes on while nothing is published, after a connection that broke and after
// one that is dead although nothing says so.
func TestListen_SubscribesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := miniredis.NewMiniRedis()
		defer m.Close()
		dials, dead, last := 0, true, net.Conn(nil)
		c := Wrap(redis.NewClient(&redis.Options{
			Addr: "127.0.0.1:6379", Protocol: 2, DisableIdentity: true, MaxRetries: -1, DialerRetries: 1,
			Dialer: func(context.Context, string, string) (net.Conn, error) {
				dials++
				if dead {
					near, _ := net.Pipe()
					return deadConn{near}, nil
				}
				var err error
				last, err = m.Dial()
				return last, err
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
			if subscribed != subscriptions {
				t.Errorf("%s: %d subscriptions, want %d", what, subscribed, subscriptions)
			}
			if subscriptions > 0 {
				m.Publish("channel", "x")
				synctest.Wait()
			}
		}
		time.Sleep(time.Second)
		want("the connection is dead", 0)
		dead = false
		time.Sleep(2*silentFor + subscribeRetry)
		want("it is given up", 1)
		before := dials
		time.Sleep(time.Hour)
		want("nothing is published for an hour", 1)
		if dials != before {
			t.Errorf("%d connections in a silent hour", dials-before)
		}
		last.Close()
		time.Sleep(time.Second)
		want("the connection broke", 2)
		stop()
		<-done
		if received != "xxx" {
			t.Errorf("received %q", received)
		}
	})
}
