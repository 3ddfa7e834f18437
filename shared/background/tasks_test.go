package background

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestTasks_RunUntilClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		new(Tasks).Close() // of none
		var tasks Tasks
		var runs atomic.Int32
		ended := false
		tasks.Every(time.Second, func(context.Context) { runs.Add(1) })
		tasks.Go(func(ctx context.Context) {
			<-ctx.Done()
			ended = true
		})
		synctest.Wait()
		if n := runs.Load(); n != 1 {
			t.Errorf("%d runs at once, want 1", n)
		}
		time.Sleep(3*time.Second + time.Millisecond)
		tasks.Close()
		if n := runs.Load(); n != 4 || !ended {
			t.Errorf("%d runs in three seconds, want 4; ended: %v", n, ended)
		}
		time.Sleep(time.Minute)
		if n := runs.Load(); n != 4 {
			t.Errorf("%d runs after Close", n-4)
		}
	})
}
