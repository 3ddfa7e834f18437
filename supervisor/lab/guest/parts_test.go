package guest

import (
	"slices"
	"testing"
	"time"
)

func TestBackoff_DoublesUpToACap(t *testing.T) {
	const s = time.Second
	begun := time.Unix(0, 0)
	chance := 1.0
	b := backoff{random: func() float64 { return chance }}
	delays := func(n int, now time.Time) (list []time.Duration) {
		for range n {
			list = append(list, b.next(0, false, time.Time{}, now))
		}
		return list
	}
	b.begin(begun)
	if got, want := delays(6, begun), []time.Duration{s / 2, s, 2 * s, 5 * s / 2, 5 * s / 2, 5 * s / 2}; !slices.Equal(got, want) {
		t.Errorf("during a restart: %v", got)
	}
	later := begun.Add(restartTime)
	if got, want := delays(5, later), []time.Duration{4 * s, 8 * s, 16 * s, 30 * s, 30 * s}; !slices.Equal(got, want) {
		t.Errorf("later: %v", got)
	}
	chance = 0
	if d := delays(1, later)[0]; d != 15*s {
		t.Errorf("the lower half is random: %v", d)
	}
	if d := delays(1000, later)[999]; d != 15*s {
		t.Errorf("after many failures: %v", d)
	}
}

func TestBackoff_ForgetsFailures(t *testing.T) {
	begun := time.Unix(0, 0)
	for _, c := range []struct {
		name    string
		isAsked bool
		lived   time.Duration // -1 for a socket that was never live
		want    time.Duration // after the end that follows
	}{
		{"after the server asked for a delay", true, 0, firstDelay},
		{"after a steady socket", false, steadyAfter, 2 * firstDelay},
		{"not after a cut so soon", false, steadyAfter - 1, restartDelay},
		{"not when an attempt was asked to wait", true, -1, 4 * firstDelay},
		{"not after another failure", false, -1, restartDelay},
	} {
		b := backoff{random: func() float64 { return 1 }}
		b.begin(begun)
		b.next(0, false, time.Time{}, begun)
		b.next(0, false, time.Time{}, begun)
		var liveAt time.Time
		if c.lived >= 0 {
			liveAt = begun.Add(-c.lived)
		}
		b.next(0, c.isAsked, liveAt, begun)
		if d := b.next(0, false, time.Time{}, begun); d != c.want {
			t.Errorf("%s: %v", c.name, d)
		}
	}
	// A guest that is cut off again and again, but live between, never waits long.
	b := backoff{random: func() float64 { return 1 }}
	for now := begun; now.Before(begun.Add(time.Hour)); now = now.Add(steadyAfter) {
		if d := b.next(0, false, now.Add(-time.Second), now); d > restartDelay {
			t.Fatalf("it waits %v", d)
		}
	}
}

func TestOutbox_DropsOldMessages(t *testing.T) {
	var o outbox
	begun := time.Now()
	o.add("old", begun)
	o.resume()
	later := begun.Add(resendWithin + 1)
	if e, _, _ := o.next(later); e != nil || len(o.entries) != 0 {
		t.Errorf("sent %v, waiting %d", e, len(o.entries))
	}
}
