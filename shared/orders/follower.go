package orders

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"chatter/shared/background"
	"chatter/shared/daemon"
	"chatter/shared/redisconn"

	"github.com/redis/go-redis/v9"
)

const (
	// pollEvery is how often the stream is read: orders are obeyed within a second.
	pollEvery = 250 * time.Millisecond
	// reloadEvery is how often what is in force is read without any doubt.
	reloadEvery = time.Minute
	// pollTimeout bounds one poll. The first one bounds how late a process starts when Redis
	// hangs.
	pollTimeout = 2 * time.Second
	// pageOrders is how many orders are read at once.
	pageOrders = 100
)

// Handler obeys the orders of one kind. The Follower calls its methods on one goroutine.
type Handler interface {
	// Load reads all that is in force. It is called before the first Apply, and again when
	// orders may have been missed. The error wraps redisconn.ErrUnavailable.
	Load(ctx context.Context) error
	// Apply obeys the values of orders, the oldest first. It ignores malformed values. Orders
	// may come again that Load has read already.
	Apply(values []string)
}

// Follower reads the orders and hands them to the handlers.
type Follower struct {
	client   *redisconn.Client
	stream   string
	handlers map[string]Handler // by kind
	counts   map[string]*atomic.Int64
	logger   *slog.Logger

	// Of the goroutine that polls:
	last     string // ID of the newest order read, "" = the stream was empty
	loadedAt time.Time
	failing  bool

	loaded atomic.Bool
	tasks  background.Tasks
}

// Follow starts a Follower. It returns when the handlers have loaded, or Redis has not
// answered for two seconds: the Follower tries again then. Orders of a kind without a
// handler are ignored.
func Follow(client *redisconn.Client, prefix string, logger *slog.Logger, handlers map[string]Handler) *Follower {
	f := newFollower(client, prefix, logger, handlers)
	f.poll(context.Background())
	f.tasks.Every(pollEvery, f.poll)
	return f
}

func newFollower(client *redisconn.Client, prefix string, logger *slog.Logger, handlers map[string]Handler) *Follower {
	counts := make(map[string]*atomic.Int64)
	for kind := range handlers {
		counts[kind] = new(atomic.Int64)
	}
	return &Follower{client: client, stream: streamKey(prefix), handlers: handlers, counts: counts, logger: logger}
}

// Counts are how many orders of each kind were obeyed since the start. The map does not change.
func (f *Follower) Counts() map[string]*atomic.Int64 { return f.counts }

// Close stops the Follower.
func (f *Follower) Close() { f.tasks.Close() }

// Ready reports whether Redis answers and all that is in force has been read once.
func (f *Follower) Ready(ctx context.Context) error {
	if err := f.client.Ready(ctx); err != nil {
		return err
	}
	if !f.loaded.Load() {
		return errors.New("the orders in force, such as ended sessions, have not been read yet")
	}
	return nil
}

// poll reads what is new, and logs when that begins to fail and when it works again.
func (f *Follower) poll(ctx context.Context) {
	timed, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	err := f.read(timed)
	switch {
	case ctx.Err() != nil:
	case err != nil && !f.failing:
		f.failing = true
		f.logger.Warn("orders cannot be read", "reason", daemon.ErrorText(err))
	case err == nil && f.failing:
		f.failing = false
		f.logger.Info("orders can be read again")
	}
}

// read reads the orders after the last one, or loads.
func (f *Follower) read(ctx context.Context) error {
	if !f.loadedAt.IsZero() && time.Since(f.loadedAt) < reloadEvery {
		complete, err := f.readStream(ctx)
		if complete || err != nil {
			return err
		}
	}
	return f.load(ctx)
}

// load has the handlers load. It notes the newest order first, so that an order that is
// given meanwhile comes again.
func (f *Follower) load(ctx context.Context) error {
	f.loadedAt = time.Time{}
	newest, err := f.client.Universal().XRevRangeN(ctx, f.stream, "+", "-", 1).Result()
	if err := redisconn.Unavailable("read newest order", err); err != nil {
		return err
	}
	for _, h := range f.handlers {
		if err := h.Load(ctx); err != nil {
			return err
		}
	}
	f.last = ""
	if len(newest) > 0 {
		f.last = newest[0].ID
	}
	f.loadedAt = time.Now()
	f.loaded.Store(true)
	return nil
}

// readStream applies the orders after the last one. It reports false when there may have been
// others: the last one is no longer in the stream, or the stream was empty.
func (f *Follower) readStream(ctx context.Context) (complete bool, err error) {
	for {
		from := f.last
		if from == "" {
			from = "-"
		}
		orders, err := f.client.Universal().XRangeN(ctx, f.stream, from, "+", pageOrders).Result()
		if err := redisconn.Unavailable("read orders", err); err != nil {
			return false, err
		}
		if f.last == "" {
			return len(orders) == 0, nil
		}
		if len(orders) == 0 || orders[0].ID != f.last {
			return false, nil
		}
		f.apply(orders[1:])
		if len(orders) < pageOrders {
			return true, nil
		}
	}
}

func (f *Follower) apply(orders []redis.XMessage) {
	values := make(map[string][]string)
	for _, order := range orders {
		f.last = order.ID
		for kind, value := range order.Values {
			if text, ok := value.(string); ok && f.handlers[kind] != nil {
				values[kind] = append(values[kind], text)
			}
		}
	}
	for kind, of := range values {
		f.counts[kind].Add(int64(len(of)))
		f.handlers[kind].Apply(of)
	}
}
