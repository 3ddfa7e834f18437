package socket

import (
	"testing"
	"testing/synctest"
)

func TestWindow_BlocksAtItsLimitAndLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w window
		for range maxUnstored {
			w.enter()
		}
		if w.room != nil {
			t.Error("it has a channel before anybody waits")
		}
		entered := 0
		go func() {
			for range 3 {
				w.enter()
				entered++
			}
		}()
		for want := range 4 {
			synctest.Wait()
			if entered != want {
				t.Fatalf("%d entered while %d were done", entered, want)
			}
			w.done()
		}
		for range maxUnstored - 1 {
			w.done()
		}
		if w.n != 0 || w.room != nil {
			t.Errorf("when all is stored: %d on their way, channel %v", w.n, w.room)
		}
	})
}
