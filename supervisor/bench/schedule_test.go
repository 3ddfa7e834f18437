package main

import (
	"errors"
	"os"
	"testing"
	"time"

	"chatter/supervisor/bench/swarm"
)

// onFloor is talk on a floor in this process.
func onFloor(t *testing.T, rooms, members int) *talk {
	t.Helper()
	r := &rig{ctx: t.Context(), floor: true, servers: []swarm.Server{{Addr: serveRooms(t, 1)}}, accs: []int{os.Getpid()}}
	tk, err := openTalk(r, rooms, members, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tk.close)
	return tk
}

// However many a second, so many are said in the time, the same in each room, and not
// all at once.
func TestPaced_SaysSoManyASecond(t *testing.T) {
	for _, perSecond := range []int{100, 1000, 2500, 20_000} {
		const rooms, members, whole = 5, 2, 200 * time.Millisecond
		tk := onFloor(t, rooms, members)
		begun := time.Now()
		s, err := tk.measured(func() error { return tk.paced(perSecond, whole) })
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took < whole*9/10 {
			t.Errorf("%d a second: what was to take %v took %v", perSecond, whole, took)
		}
		want := perSecond / 5
		if tk.sent != want || s.Messages != want {
			t.Errorf("%d a second: %d were said, %d came, want %d", perSecond, tk.sent, s.Messages, want)
		}
		for i, room := range tk.rooms {
			if n := len(room.said); n != want/rooms {
				t.Errorf("%d a second: %d in room %d, want %d", perSecond, n, i, want/rooms)
			}
		}
	}
}

func TestInFlight_KeepsSoManyOnTheirWay(t *testing.T) {
	tk := onFloor(t, 1, 3)
	most := 0
	look := tk.swarm.Frame
	tk.swarm.Frame = func(c *swarm.Client, payload []byte) {
		most = max(most, tk.sent-tk.done)
		look(c, payload)
	}
	if err := tk.inFlight(4, 3, 40); err != nil {
		t.Fatal(err)
	}
	if tk.done != 40 || tk.sent != 40 || most != 4 {
		t.Errorf("%d said, %d done, at most %d on their way; want 40, 40 and 4", tk.sent, tk.done, most)
	}
}

// A server that is still at work is not measured yet, unless it never rests.
func TestUntilAtRest_WaitsUntilTheServerIsAtRest(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		what  string
		busy  int // looks during which the server works
		fails int // the wait that fails, 0 for none
		want  int // waits
		err   error
	}{
		{"at rest", 0, 0, 1, nil},
		{"at work for a while", 5, 0, 6, nil},
		{"always at work", 10 * mostLooks, 0, mostLooks, nil},
		{"the end of the run", 5, 3, 3, broken},
	} {
		var used time.Duration
		waits := 0
		err := untilAtRest(func() (time.Duration, error) { return used, nil }, func() error {
			if waits++; waits == c.fails {
				return broken
			}
			if waits <= c.busy {
				used += look / restless
			}
			return nil
		})
		if waits != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %d waits, %v, want %d, %v", c.what, waits, err, c.want, c.err)
		}
	}
	// On a server that runs.
	if err := onFloor(t, 1, 1).settle(0); err != nil {
		t.Error(err)
	}
}
