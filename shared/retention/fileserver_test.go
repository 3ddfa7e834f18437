package retention

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// fileServer answers, in place of miniredis, the commands about an append-only file.
type fileServer struct {
	mu       sync.Mutex
	runID    string
	uptime   int           // seconds
	busy     bool          // a rewrite is under way
	takes    time.Duration // of a rewrite
	status   string        // of the next rewrite
	refuse   error         // the answer to BGREWRITEAOF
	rewrites []time.Time   // that began
	ended    string        // the status of the last rewrite
}

func (s *fileServer) info() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	busy := 0
	if s.busy {
		busy = 1
	}
	return fmt.Sprintf("run_id:%s\r\nrole:master\r\naof_enabled:1\r\naof_rewrite_in_progress:%d\r\naof_last_bgrewrite_status:%s\r\nuptime_in_seconds:%d\r\n", s.runID, busy, s.ended, s.uptime)
}

func (s *fileServer) rewrite() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.refuse != nil:
		return s.refuse
	case s.busy:
		return answer("ERR Background append only file rewriting already in progress")
	}
	s.busy = true
	s.rewrites = append(s.rewrites, time.Now())
	time.AfterFunc(s.takes, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.busy, s.ended = false, s.status
	})
	return nil
}

func (s *fileServer) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *fileServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rewrites)
}

// answer is an error that Redis answers.
type answer string

func (a answer) Error() string { return string(a) }
func (answer) RedisError()     {}

func (s *fileServer) DialHook(next redis.DialHook) redis.DialHook { return next }

func (s *fileServer) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (s *fileServer) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		switch cmd.Name() {
		case "info":
			cmd.(*redis.StringCmd).SetVal(s.info())
			return nil
		case "bgrewriteaof":
			err := s.rewrite()
			cmd.SetErr(err)
			return err
		}
		return next(ctx, cmd)
	}
}
