package follow

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/name"

	"github.com/google/go-cmp/cmp"
)

// Rooms are read at whole milliseconds, whenever the notification came, and those of one
// millisecond together.
func TestTicks_ReadAtWholeMilliseconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type read struct {
			room string
			at   time.Duration
		}
		begin := time.Now() // a whole second in a bubble
		var mu sync.Mutex
		var got []read
		ticks := ticks{markDirty: func(n name.Room) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, read{n.String(), time.Since(begin)})
		}}
		for _, n := range []struct {
			room string
			at   time.Duration
		}{{"one", 300 * time.Microsecond}, {"two", 999 * time.Microsecond}, {"three", 1001 * time.Microsecond}, {"four", 7 * time.Millisecond}} {
			time.Sleep(time.Until(begin.Add(n.at))) // the bubble's clock
			ticks.add(roomNamed(t, n.room))
		}
		time.Sleep(tickEvery)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		want := []read{{"one", time.Millisecond}, {"two", time.Millisecond}, {"three", 2 * time.Millisecond}, {"four", 8 * time.Millisecond}}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(read{})); diff != "" {
			t.Error(diff)
		}
	})
}
