package follow

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"

	"github.com/redis/go-redis/v9"
)

// breaking is a connection on which one SUBSCRIBE fails when it is asked to.
type breaking struct {
	net.Conn
	fail   *atomic.Bool
	failed chan struct{}
}

func (b breaking) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("\r\nsubscribe\r\n")) && b.fail.Swap(false) {
		close(b.failed)
		return 0, errors.New("broken")
	}
	return b.Conn.Write(p)
}

// go-redis reconnects by itself when a SUBSCRIBE fails. A receiver that is busy then
// does not notice it. Rooms that are watched later must be subscribed all the same.
func TestSubscriber_GoesOnAfterAFailedSubscribe(t *testing.T) {
	server := redistest.Start(t)
	var fail atomic.Bool
	failed := make(chan struct{})
	options, err := redis.ParseURL(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	options.Protocol = 2
	options.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		return breaking{c, &fail, failed}, err
	}
	c := redisconn.Wrap(redis.NewClient(options))
	defer c.Close()
	other := server.Client()
	defer other.Close()

	l, w := newLog(t, c), newWatcher()
	f := New(c, l, w, 24*time.Hour)
	defer f.Close()
	busy, free := make(chan struct{}), make(chan struct{})
	f.tamper = func(channel string, notify func(string)) {
		busy <- struct{}{}
		<-free
		notify(channel)
	}
	first := roomNamed(t, "first")
	f.Watch(first)
	w.until(t, "the first room is loaded", func() bool { return w.resets[first] == 1 })
	say(t, newLog(t, other), first, "hello")
	<-busy
	fail.Store(true)
	f.Watch(roomNamed(t, "second"))
	<-failed
	close(free)
	third := roomNamed(t, "third")
	f.Watch(third)
	awaitSubscription(t, other, l, third)
	awaitSubscription(t, other, l, roomNamed(t, "second"))
}
