package live

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

// heldHistory answers when the test lets it, whatever the context says.
type heldHistory struct {
	History
	release chan struct{}
}

func (l heldHistory) After(ctx context.Context, n name.Room, id wire.ID, most int) ([]wire.Entry, bool, error) {
	<-l.release
	return l.History.After(ctx, n, id, most)
}

func TestCloseAll_ClosesMembersThatReadTheirHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		held := heldHistory{h.History, make(chan struct{})}
		h.History = held
		n := roomNamed(t, "room")
		old := log.append(n, "1")
		log.append(n, numbers(2, 90)...)
		here, _ := join(h, n, Now(), -1)
		synctest.Wait()
		members, conns := []*Member{here}, []*fakeConn(nil)
		for range historyReaders + 2 { // some wait for a reader
			m, c := join(h, n, After(old), -1)
			members, conns = append(members, m), append(conns, c)
		}
		synctest.Wait()
		h.CloseAll(wire.CloseRestart)
		synctest.Wait()
		want := []string{"=close restart retry=" + fmt.Sprint(len(members))}
		check := func(when string) {
			t.Helper()
			for i, c := range conns {
				if diff := cmp.Diff(want, c.events(t)); diff != "" || !c.lingers {
					t.Errorf("%s, member %d: lingers %v, %s", when, i, c.lingers, diff)
				}
			}
		}
		check("before the log answers")
		close(held.release)
		synctest.Wait()
		check("after it")
		for _, m := range members {
			h.Leave(m)
		}
	})
}

// stuckConn takes nothing until the test lets it.
type stuckConn struct {
	*fakeConn
	release chan struct{}
}

func (c stuckConn) TryWrite(p []byte) (int, error) {
	<-c.release
	return c.fakeConn.TryWrite(p)
}

// A member that has waited is in no list until a goroutine lets it in.
func TestCloseAll_ClosesMembersThatAreBeingLetIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(Options{Source: nowhere{}, Sessions: new(fakeSessions), Retention: day, Now: time.Now, Spread: func(n int) time.Duration { return time.Duration(n) * time.Millisecond }})
		defer h.Close()
		n := roomNamed(t, "room")
		stuck := stuckConn{newConn(-1), make(chan struct{})}
		first := NewMember(stuck, Events, time.Now())
		h.Join(n, first, Now())
		second, conn := join(h, n, Now(), -1)
		h.Reset(n, nil, nil, true)
		synctest.Wait() // the first one is being written to
		h.CloseAll(wire.CloseRestart)
		close(stuck.release)
		synctest.Wait()
		if diff := cmp.Diff([]string{"=live", "=close restart retry=2"}, stuck.events(t)); diff != "" {
			t.Errorf("the first: %s", diff)
		}
		if diff := cmp.Diff([]string{"=close restart retry=2"}, conn.events(t)); diff != "" {
			t.Errorf("the second: %s", diff)
		}
		h.Leave(first)
		h.Leave(second)
	})
}

func TestCloseAll_ClosesMembersThatJoinLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		feed := h.NewFeed()
		feed.Publish(wire.AppendRecent(nil, nil, nil))
		here, _ := join(h, roomNamed(t, "room"), Newest(), -1)
		synctest.Wait()
		h.CloseAll(wire.CloseRestart)
		for name, join := range map[string]func(*Member){
			"a room that is here":     func(m *Member) { h.Join(roomNamed(t, "room"), m, Newest()) },
			"a room that is not here": func(m *Member) { h.Join(roomNamed(t, "other"), m, Unknown()) },
			"the index":               feed.Join,
		} {
			c := newConn(-1)
			m := NewMember(c, Events, time.Now())
			join(m)
			synctest.Wait()
			if diff := cmp.Diff([]string{"=close restart retry=1"}, c.events(t)); diff != "" || !c.lingers {
				t.Errorf("%s: lingers %v, %s", name, c.lingers, diff)
			}
			h.Leave(m)
		}
		h.Leave(here)
	})
}

func TestCloseAll_SpreadsTheReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		m, c := join(h, n, Newest(), -1)
		synctest.Wait()
		log.append(n, "last words")
		h.CloseAll(wire.CloseRestart)
		log.append(n, "too late")
		synctest.Wait()
		if diff := cmp.Diff([]string{"=live", "last words", "=close restart retry=1"}, c.events(t)); diff != "" {
			t.Error(diff)
		}
		if !c.lingers {
			t.Error("the reader does not wait for the peer's close")
		}
		h.Leave(m)
	})
}
