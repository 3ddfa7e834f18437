package background

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestTasks_RunUntilClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tasks Tasks
		tasks.Close() // of none
		tasks = Tasks{}
		var runs int
		ended := false
		tasks.Every(time.Second, func(context.Context) { runs++ })
		tasks.Go(func(ctx context.Context) {
			<-ctx.Done()
			ended = true
		})
		synctest.Wait()
		if runs != 1 {
			t.Errorf("%d runs at once, want 1", runs)
		}
		time.Sleep(3*time.Second + time.Millisecond)
		tasks.Close()
		if runs != 4 || !ended {
			t.Errorf("%d runs in three seconds, want 4; ended: %v", runs, ended)
		}
		time.Sleep(time.Minute)
		if runs != 4 {
			t.Errorf("%d runs after Close", runs-4)
		}
	})
}
