package wake

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestWorker_MergesRequests(t *testing.T) {
	var w Worker
	for i, step := range []struct {
		call  func() bool
		want  bool
		state string
	}{
		{w.Wake, true, "awake"}, {w.Sleep, true, "asleep"},
		{w.Wake, true, "awake"}, {w.Wake, false, "again"}, {w.Wake, false, "again"},
		{w.Sleep, false, "awake"}, {w.Sleep, true, "asleep"},
	} {
		if got := step.call(); got != step.want || w.String() != step.state {
			t.Errorf("step %d: %v, %s; want %v, %s", i, got, &w, step.want, step.state)
		}
	}
}

// All work is done, by one worker at a time.
func TestWorker_LosesNoRequest(t *testing.T) {
	const callers, requests = 8, 2000
	var (
		w             Worker
		todo, workers atomic.Int64
		done          int // of the worker alone
		running       sync.WaitGroup
	)
	for range callers {
		running.Go(func() {
			for range requests {
				todo.Add(1)
				if !w.Wake() {
					continue
				}
				if workers.Add(1) != 1 {
					t.Error("two workers at a time")
				}
				for stop := false; !stop; {
					done += int(todo.Swap(0))
					workers.Add(-1)
					if stop = w.Sleep(); !stop {
						workers.Add(1)
					}
				}
			}
		})
	}
	running.Wait()
	if done != callers*requests {
		t.Errorf("%d of %d requests were served", done, callers*requests)
	}
}
