package limits

import (
	"testing"
	"time"
)

func TestTries_FailuresOfAClassAreLimited(t *testing.T) {
	tries := NewTries(Rate{Burst: 2, PerSecond: 0.5})
	now := time.Now()
	for i, want := range []time.Duration{0, 0, 2 * time.Second} {
		if got := tries.Wait(Class{1}, now); got != want {
			t.Errorf("after %d failures: must wait %v, want %v", i, got, want)
		}
		tries.Fail(Class{1}, now)
	}
	if got := tries.Wait(Class{2}, now); got != 0 {
		t.Errorf("a class without a failure must wait %v", got)
	}
	if got := tries.Wait(Class{1}, now.Add(2*time.Second)); got != 0 {
		t.Errorf("the class must wait %v more", got)
	}
}

func TestTries_MemoryIsBounded(t *testing.T) {
	tries := NewTries(Rate{Burst: 20, PerSecond: 0.2})
	now := time.Now()
	for i := range 3 * maxTries {
		tries.Fail(Class{byte(i), byte(i >> 8), byte(i >> 16)}, now)
	}
	if n := len(tries.classes.entries); n > maxTries {
		t.Errorf("%d classes, want at most %d", n, maxTries)
	}
}
