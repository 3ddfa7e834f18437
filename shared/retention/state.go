package retention

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strconv"
	"time"

	"chatter/shared/redisconn"

	"github.com/redis/go-redis/v9"
)

// state is what all processes share, in one hash.
type state struct {
	oldest  time.Time // of all messages; zero if there is none
	expired time.Time // when something expired last
	nodes   map[string]node
}

// The fields of the hash. The others are the names of nodes.
const (
	oldestField  = "oldest"
	expiredField = "expired"
)

func (j *Job) stateKey() string { return j.opts.Prefix + "retention" }
func (j *Job) lockKey() string  { return j.opts.Prefix + "retention:leader" }

// load reads the shared state and Redis's clock.
func (j *Job) load(ctx context.Context) (state, time.Time, error) {
	pipe := j.client.Universal().Pipeline()
	now, fields := pipe.Time(ctx), pipe.HGetAll(ctx, j.stateKey())
	if _, err := pipe.Exec(ctx); err != nil {
		return state{}, time.Time{}, err
	}
	s := state{nodes: make(map[string]node)}
	for field, value := range fields.Val() {
		switch field {
		case oldestField:
			s.oldest = parseTime(value)
		case expiredField:
			s.expired = parseTime(value)
		default:
			var n node
			if json.Unmarshal([]byte(value), &n) == nil {
				s.nodes[field] = n
			}
		}
	}
	return s, now.Val(), nil
}

// lead takes the lock or renews it, and reports whether this process is the leader.
func (j *Job) lead(ctx context.Context) bool {
	rdb := j.client.Universal()
	err := rdb.SetArgs(ctx, j.lockKey(), j.token, redis.SetArgs{Mode: "NX", TTL: j.times.lock}).Err()
	full := redisconn.Full(err)
	switch {
	case err == nil:
		return true
	case !full && !errors.Is(err, redis.Nil): // Nil: somebody has the lock
		return false
	}
	holder := rdb.Get(ctx, j.lockKey()).Val()
	if holder == j.token {
		return rdb.PExpire(ctx, j.lockKey(), j.times.lock).Err() == nil
	}
	return full && holder == ""
}

// resign gives the lock to the next leader.
func (j *Job) resign() {
	if !j.leading {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), resignTimeout)
	defer cancel()
	if rdb := j.client.Universal(); rdb.Get(ctx, j.lockKey()).Val() == j.token {
		_ = rdb.Del(ctx, j.lockKey()).Err()
	}
}

// saveLed writes the leader's part of the state, if it has changed. A full Redis refuses it;
// the leader goes on with its own copy.
func (j *Job) saveLed(ctx context.Context, s state) {
	fields := map[string]string{oldestField: formatTime(s.oldest)}
	for name, n := range s.nodes {
		text, _ := json.Marshal(n) // it holds times and strings
		fields[name] = string(text)
	}
	if maps.Equal(fields, j.saved) {
		return
	}
	pipe := j.client.Universal().Pipeline()
	pipe.HSet(ctx, j.stateKey(), fields)
	for name := range j.saved {
		if _, ok := fields[name]; !ok {
			pipe.HDel(ctx, j.stateKey(), name)
		}
	}
	if _, err := pipe.Exec(ctx); err == nil {
		j.saved = fields
	}
}

// saveExpired tells the leader that something expired.
func (j *Job) saveExpired(ctx context.Context) {
	if j.expired.IsZero() || j.opts.Embedded {
		return
	}
	if j.client.Universal().HSet(ctx, j.stateKey(), expiredField, formatTime(j.expired)).Err() == nil {
		j.expired = time.Time{}
	}
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

func parseTime(text string) time.Time {
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
