package live

import (
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/wire"
)

func TestLeave_WaitsForTheCloseFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		conn := newConn(0) // takes nothing
		m := NewMember(conn, Events, time.Now())
		m.Send(wire.AppendGap(nil))
		m.Control(closeFrame(wire.CloseRestart, ""))
		left := make(chan struct{})
		go func() {
			h.Leave(m)
			close(left)
		}()
		synctest.Wait()
		select {
		case <-left:
			t.Fatal("it left before the close frame was written")
		default:
		}
		conn.open()
		<-left
		if got := conn.events(t); len(got) != 2 || got[1] != "=close restart " {
			t.Errorf("got %q", got)
		}
		h.Leave(m) // again, at once
	})
}

func TestLeave_GivesUpAPeerThatTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		conn := newConn(0)
		m := NewMember(conn, Events, time.Now())
		m.Send(wire.AppendGap(nil))
		began := time.Now()
		h.Leave(m)
		if waited := time.Since(began); waited != leaveTimeout {
			t.Errorf("waited %v", waited)
		}
		conn.Abort()
	})
}

func TestLeave_NothingOfTheRoomFollowsTheCloseFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		room := roomNamed(t, "x")
		conn := newConn(-1)
		m := NewMember(conn, Events, time.Now())
		h.Join(room, m, Newest())
		synctest.Wait()
		m.Control(closeFrame(wire.CloseRestart, ""))
		h.Leave(m)
		log.append(room, "late")
		synctest.Wait()
		if got := conn.events(t); len(got) != 2 || got[0] != "=live" || got[1] != "=close restart " {
			t.Errorf("got %q", got)
		}
	})
}
