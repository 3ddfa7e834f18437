package main

import (
	"testing"
	"time"
)

// await waits until cond holds. cond also says what is there instead.
func await(t *testing.T, what string, cond func() (holds bool, instead any)) {
	t.Helper()
	limit := time.After(hangLimit)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		holds, instead := cond()
		if holds {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited %v until %s; instead: %v", hangLimit, what, instead)
		}
	}
}
