package limits

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"chatter/shared/redisconn"
)

const (
	reportEvery   = time.Second
	reportTimeout = 2 * time.Second
)

// Exchange sends the reports of a Limiter to the other processes and takes theirs. Redis
// stores nothing of it: it is published only.
type Exchange struct {
	limiter *Limiter
	redis   *redisconn.Client
	channel string
	watch   attackWatch
	stop    context.CancelFunc
	running sync.WaitGroup
}

// StartExchange starts the exchange of a Limiter's reports. Close ends it. It also logs when
// an attack begins and when it is over.
func StartExchange(l *Limiter, redis *redisconn.Client, prefix string, logger *slog.Logger) *Exchange {
	ctx, stop := context.WithCancel(context.Background())
	x := &Exchange{limiter: l, redis: redis, channel: prefix + "talk", watch: attackWatch{logger: logger}, stop: stop}
	if l != nil {
		x.running.Go(func() { x.send(ctx) })
		x.running.Go(func() { x.receive(ctx) })
	}
	return x
}

// Close ends the exchange.
func (x *Exchange) Close() {
	x.stop()
	x.running.Wait()
}

func (x *Exchange) send(ctx context.Context) {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for i := 1; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		if i%60 == 0 {
			x.limiter.Forget(now)
		}
		x.watch.look(&x.limiter.refusals, now)
		report, ok := x.limiter.Report(now)
		if !ok {
			continue
		}
		text, err := json.Marshal(report)
		if err != nil {
			panic(err) // of strings and numbers
		}
		// A report that is lost makes the limits weaker for a moment.
		bounded, cancel := context.WithTimeout(ctx, reportTimeout)
		_ = x.redis.Universal().Publish(bounded, x.channel, text).Err()
		cancel()
	}
}

// receive takes the reports until ctx ends. The library connects again by itself.
func (x *Exchange) receive(ctx context.Context) {
	pubsub := x.redis.Universal().Subscribe(ctx, x.channel)
	defer pubsub.Close()
	messages := pubsub.Channel()
	for {
		select {
		case <-ctx.Done():
			return
		case message, ok := <-messages:
			if !ok {
				return
			}
			var report Report
			if json.Unmarshal([]byte(message.Payload), &report) == nil {
				x.limiter.Learn(report, time.Now())
			}
		}
	}
}
