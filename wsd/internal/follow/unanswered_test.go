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
	"chatter/shared/roomlog"
	"chatter/shared/wire"

	"github.com/redis/go-redis/v9"
)

// unanswering is a connection on which one append takes effect without an answer,
// when it is asked to.
type unanswering struct {
	net.Conn
	armed *atomic.Bool
	cut   atomic.Bool
}

func (u *unanswering) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("\r\nevalsha\r\n")) && u.armed.Swap(false) {
		u.cut.Store(true)
	}
	return u.Conn.Write(p)
}

func (u *unanswering) Read(p []byte) (int, error) {
	n, err := u.Conn.Read(p) // the effect has come
	if u.cut.Load() {
		return 0, errors.New("cut")
	}
	return n, err
}

// An append that failed for its sender may be stored. Nobody is notified of it while
// the process is alone in the room, so the process reads the room itself.
func TestAppend_IsDeliveredWhenItsAnswerIsLost(t *testing.T) {
	server := redistest.Start(t)
	options, err := redis.ParseURL(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	var armed atomic.Bool
	options.Protocol, options.MaxRetries = 2, -1
	options.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		return &unanswering{Conn: c, armed: &armed}, err
	}
	c := redisconn.Wrap(redis.NewClient(options))
	defer c.Close()
	room := roomNamed(t, "room")
	say(t, newLog(t, c), roomNamed(t, "other"), "Redis knows the script")

	l := roomlog.New(c, roomlog.Options{Patience: time.Nanosecond}) // no retry
	defer l.Close()
	_, w := followed(t, c, l, room)
	armed.Store(true)
	if _, err := l.Append(t.Context(), room, wire.NewNonce(), text(t, "unanswered")); !errors.Is(err, redisconn.ErrUnavailable) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
	w.until(t, "it has come", func() bool { return len(w.entries[room]) == 1 })
}
