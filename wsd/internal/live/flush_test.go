package live

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

func TestSlowMember_IsClosedWhileOthersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		slow, slowConn := join(h, n, Newest(), 1000)
		fast, fastConn := join(h, n, Newest(), -1)
		synctest.Wait()
		long := strings.Repeat("x", 5000)
		const said = 2 * maxTailBytes / 5000
		for range said {
			log.append(n, long)
		}
		synctest.Wait()
		if got := len(fastConn.events(t)); got != said+1 {
			t.Errorf("the fast one got %d events, want %d", got, said+1)
		}
		if slowConn.lingers {
			t.Error("the slow one was closed before it read on")
		}
		for range 100 { // it reads on: the rest of what was under way, then the close
			slowConn.read(1000)
			synctest.Wait()
		}
		events := slowConn.events(t)
		if last := events[len(events)-1]; last != "=close too slow " {
			t.Errorf("the slow one's last event is %.40q", last)
		}
		if _, rest := slowConn.frames(t); rest != 0 {
			t.Errorf("%d bytes of a broken frame", rest)
		}
		h.Leave(slow)
		h.Leave(fast)
	})
}

func TestSlowMember_CatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		m, c := join(h, n, Newest(), 100)
		synctest.Wait()
		want := []string{"=live"}
		for i := range 500 {
			log.append(n, fmt.Sprint(i))
			want = append(want, fmt.Sprint(i))
			if i%7 == 0 {
				c.read(150)
				m.Control(pingFrame)
			}
			if i%50 == 0 {
				synctest.Wait()
			}
		}
		for range 1000 {
			c.read(100)
			synctest.Wait()
		}
		got := c.events(t)
		var messages []string
		for _, e := range got {
			if e != "=ping" {
				messages = append(messages, e)
			}
		}
		if diff := cmp.Diff(want, messages); diff != "" {
			t.Error(diff)
		}
		if len(got)-len(messages) != 72 {
			t.Errorf("%d pings, want 72", len(got)-len(messages))
		}
		h.Leave(m)
	})
}
