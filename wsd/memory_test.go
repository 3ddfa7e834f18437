package main

import "testing"

func TestBurstDetector_ReportsEachBurstOnce(t *testing.T) {
	var d burstDetector
	for i, step := range []struct {
		moved int64 // since the step before
		over  bool
	}{
		{burst - 1, false}, {0, false}, // no burst
		{1, true},                      // with the one more, and quiet
		{0, false},                     // reported already
		{burst, false}, {burst, false}, // under way
		{burst/10 - 1, true},
		{burst / 10, false}, {burst / 10, false},
	} {
		if over := d.over(d.counted + step.moved); over != step.over {
			t.Errorf("step %d: over %v, want %v", i, over, step.over)
		}
	}
}
