package live

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

// A member that joins gets nothing that has expired, also between two sweeps, however
// long others have kept the room here.
func TestExpire_IsExactAtAJoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		stays, _ := join(h, n, Newest(), -1)
		defer h.Leave(stays)
		time.Sleep(time.Second / 2) // so that the messages expire between two sweeps
		first := log.append(n, "1")
		time.Sleep(time.Second / 4)
		log.append(n, "2")
		for _, step := range []struct {
			at   time.Duration // age of the first message
			want []string
		}{
			{day, []string{"1", "2", "=live"}},
			{day + time.Millisecond, []string{"2", "=live"}},
			{day + time.Second/4 + time.Millisecond, []string{"=live"}},
		} {
			sleepWith(stays, time.Until(first.Time().Add(step.at)))
			for what, since := range map[string]Since{"newest": Newest(), "unknown": Unknown(), "expired": After(wire.ID{Ms: 5})} {
				want := step.want
				if what == "unknown" {
					want = append([]string{"=gap"}, want...)
				}
				m, c := join(h, n, since, -1)
				synctest.Wait()
				if diff := cmp.Diff(want, c.events(t)); diff != "" {
					t.Errorf("%s, after %v: %s", what, step.at, diff)
				}
				h.Leave(m)
			}
		}
		if log.reads > 0 {
			t.Errorf("%d reads of the history", log.reads)
		}
	})
}

// A tab that is open all night comes back with a cursor that expired, or that expires
// while it waits, and is told of no gap.
func TestExpire_AnOldCursorIsNoGap(t *testing.T) {
	for _, said := range []int{1, 200} {
		t.Run(fmt.Sprint(said), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, log := newHub(t)
				n := roomNamed(t, "room")
				stays, seen := join(h, n, Newest(), -1)
				synctest.Wait()
				last := log.append(n, numbers(1, said)...)
				sleepWith(stays, day+time.Minute)
				m, c := join(h, n, After(last), -1)
				log.append(n, "morning")
				synctest.Wait()
				if diff := cmp.Diff([]string{"=live", "morning"}, c.events(t)); diff != "" {
					t.Error(diff)
				}
				// Not zero: the page has held a message.
				frames, _ := c.frames(t)
				if want := string(wire.AppendLive(nil, last)); string(frames[0].payload) != want {
					t.Errorf("got %s, want %s", frames[0].payload, want)
				}
				h.Leave(m)
				h.Leave(stays)
				time.Sleep(2 * unloadAfter) // the room is loaded again
				m, c = join(h, n, After(last), -1)
				synctest.Wait()
				if diff := cmp.Diff([]string{"morning", "=live"}, c.events(t)); diff != "" {
					t.Errorf("again: %s", diff)
				}
				h.Leave(m)
				want := append(append([]string{"=live"}, numbers(1, said)...), "morning")
				if diff := cmp.Diff(want, messages(seen.events(t))); diff != "" {
					t.Errorf("the open socket: %s", diff)
				}
			})
		})
	}
}

// sleepWith lets time pass while m answers its pings.
func sleepWith(m *Member, d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); m.Heard(time.Now()) {
		time.Sleep(min(10*time.Second, time.Until(end)))
	}
}

// messages leaves out pings.
func messages(events []string) (others []string) {
	for _, e := range events {
		if e != "=ping" {
			others = append(others, e)
		}
	}
	return others
}

// A member whose socket is stuck while the frames at its cursor expire continues at the
// oldest one that is left. One that misses frames that did not expire is too slow.
func TestExpire_ASlowMemberContinuesBehindWhatExpired(t *testing.T) {
	for _, tooSlow := range []bool{false, true} {
		t.Run(fmt.Sprint("too slow: ", tooSlow), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, log := newHubWith(t, 4<<10)
				n := roomNamed(t, "room")
				m, c := join(h, n, Newest(), 200)
				defer h.Leave(m)
				synctest.Wait()
				long := strings.Repeat("x", 200)
				log.append(n, "stuck "+long)
				synctest.Wait()
				log.append(n, "expires")
				sleepWith(m, day+2*time.Second)
				log.append(n, "left")
				synctest.Wait()
				if tooSlow {
					for i := range 60 {
						log.append(n, fmt.Sprint(i, long))
					}
				}
				want := []string{"=live", "stuck " + long, "left"}
				if tooSlow {
					want = []string{"=live", "stuck " + long, "=close too slow "}
				}
				c.open()
				synctest.Wait()
				if diff := cmp.Diff(want, messages(c.events(t))); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// The message at a cursor was removed. What followed it is complete.
func TestJoin_ARemovedCursorIsNoGap(t *testing.T) {
	for _, said := range []int{3, 90} {
		t.Run(fmt.Sprint(said), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, log := newHub(t)
				n := roomNamed(t, "room")
				first := log.append(n, "1")
				middle := log.append(n, "2")
				log.append(n, numbers(3, said)...)
				end := log.append(n, "end")
				log.entries[n] = log.entries[n][2:said]
				log.removed = map[wire.ID]bool{first: true, middle: true, end: true}
				for _, tt := range []struct {
					since wire.ID
					want  []string
				}{{first, append(numbers(3, said), "=live")}, {middle, append(numbers(3, said), "=live")}, {end, []string{"=live"}}} {
					m, c := join(h, n, After(tt.since), -1)
					synctest.Wait()
					if diff := cmp.Diff(tt.want, c.events(t)); diff != "" {
						t.Errorf("since %v: %s", tt.since, diff)
					}
					h.Leave(m)
				}
			})
		})
	}
}

// The history is ahead of the read that the member waited for: what it brought does not
// come again.
func TestJoin_ARemovedCursorAndAProcessThatIsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		log.append(n, "1")
		here, _ := join(h, n, Newest(), -1)
		defer h.Leave(here)
		synctest.Wait()
		log.hold, log.answer = true, make(chan struct{})
		end := log.append(n, "end")
		log.entries[n] = log.entries[n][:1]
		log.removed = map[wire.ID]bool{end: true}
		m, c := join(h, n, After(end), -1)
		defer h.Leave(m)
		synctest.Wait()
		log.append(n, "next")
		close(log.answer)
		synctest.Wait()
		log.hold = false
		log.append(n, "last")
		synctest.Wait()
		if diff := cmp.Diff([]string{"next", "=live", "last"}, c.events(t)); diff != "" {
			t.Error(diff)
		}
	})
}

// Nothing in a tail holds the texts of frames that have expired.
func TestTail_ExpireLetsGoOfTheMemory(t *testing.T) {
	r := tail{limit: maxTailBytes}
	for i := range 9 {
		r.add([]wire.Entry{{ID: wire.ID{Ms: uint64(i + 1)}, Text: fmt.Sprint("secret", i)}})
	}
	old := r.buf
	if r.expire(wire.ID{Ms: 1}) {
		t.Error("something expired too early")
	}
	for oldest, left := range map[uint64]int{5: 5, 10: 0} {
		r := r
		if !r.expire(wire.ID{Ms: oldest}) || len(r.marks) != left || len(r.scratch) != 0 {
			t.Errorf("before %d: %d frames are left, want %d, and %q", oldest, len(r.marks), left, r.scratch)
		}
		kept := r.buf[:cap(r.buf)]
		if strings.Contains(string(kept), "secret0") || left > 0 && &kept[0] == &old[len(old)-len(r.buf)] {
			t.Errorf("before %d: the old memory is still in use", oldest)
		}
	}
}

// A message that Redis has lost leaves the memory, too.
func TestExpire_AMessageThatIsLostIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		m, _ := join(h, n, Newest(), -1)
		defer h.Leave(m)
		synctest.Wait()
		empty := h.Held()
		log.append(n, "text")
		log.rollback(n, 1)
		sleepWith(m, day+time.Minute)
		if held := h.Held(); held != empty {
			t.Errorf("the room holds %d bytes, want %d as before the message", held, empty)
		}
	})
}
