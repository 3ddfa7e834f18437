package live

import (
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

// A socket that takes nothing keeps the worker awake, so that each state lasts until the
// test has seen it.
func TestWriter_States(t *testing.T) {
	type step struct {
		do   func(*Member)
		want writerState
	}
	letIn := func(m *Member) {
		m.room.deliver([]wire.Entry{{ID: wire.ID{Ms: 1}, Text: "x"}})
		m.enter(m.room.view.Load().base, 0, resumed, wire.ID{})
		m.Flush()
	}
	stop := func(m *Member) { m.Close(wire.CloseRestart, "") }
	slow := func(m *Member) {
		m.writer.mu.Lock()
		defer m.writer.mu.Unlock()
		m.closeTooSlowLocked()
	}
	for name, tt := range map[string]struct {
		steps []step
		want  []string
	}{
		"closed before it is let in": {[]step{{stop, leaving}, {letIn, leaving}}, []string{"=ack", "=close restart "}},
		"closed in the room":         {[]step{{letIn, joined}, {stop, closing}, {stop, closing}}, []string{"=ack", "x", "=live", "=close restart "}},
		"too slow":                   {[]step{{letIn, joined}, {slow, leaving}, {stop, leaving}}, []string{"=ack", "=close too slow "}},
		"too slow while it is closed": {[]step{{letIn, joined}, {stop, closing}, {slow, leaving}},
			[]string{"=ack", "=close restart "}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, _ := newHub(t)
				c := newConn(0)
				m := NewMember(c, Events, time.Now())
				m.room = newRoom(h, roomNamed(t, "room"))
				m.Send(wire.AppendAck(nil, wire.NewNonce(), wire.ID{Ms: 1}))
				for i, s := range tt.steps {
					if s.do(m); stateOf(m) != s.want {
						t.Fatalf("step %d: %v, want %v", i, stateOf(m), s.want)
					}
				}
				c.open()
				synctest.Wait()
				if stateOf(m) != closed {
					t.Errorf("%v after all is written", stateOf(m))
				}
				if diff := cmp.Diff(tt.want, c.events(t)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestSend_IsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		m, c := join(h, roomNamed(t, "room"), Newest(), 0)
		synctest.Wait()
		for range 100 {
			m.Send(make([]byte, 1000))
		}
		if !m.Closing() || len(m.private) > maxPrivate+1010 {
			t.Errorf("closing %v with %d bytes waiting", m.Closing(), len(m.private))
		}
		c.Abort()
		synctest.Wait()
		h.Leave(m)
	})
}
