package redisconn

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// unsubscribable is a connection to a server that does not answer a subscription.
type unsubscribable struct{ net.Conn }

func (c unsubscribable) Write(p []byte) (int, error) {
	if bytes.Contains(bytes.ToLower(p), []byte("subscribe")) {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// A check ends when it is closed although Redis does not answer.
func TestCheck_EndsWhileRedisIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := miniredis.NewMiniRedis()
		defer m.Close()
		c := Wrap(redis.NewClient(&redis.Options{
			Addr: "127.0.0.1:6379", Protocol: 2, DisableIdentity: true, MaxRetries: -1, DialerRetries: 1,
			Dialer: func(context.Context, string, string) (net.Conn, error) {
				conn, err := m.Dial()
				return unsubscribable{conn}, err
			},
		}))
		defer c.Close()
		x := c.StartCheck("chatter:", slog.New(slog.DiscardHandler))
		synctest.Wait()
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			x.Close()
		}()
		select {
		case <-closed:
		case <-time.After(time.Minute):
			t.Error("it has not ended within a minute")
		}
	})
}
