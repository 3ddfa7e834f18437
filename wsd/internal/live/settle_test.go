package live

import (
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/wire"
)

func TestSettle_WaitsForWhoeverIsWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := newConn(0) // takes nothing
		m := NewMember(conn, Events, time.Now())
		m.Send(wire.AppendGap(nil))
		m.Control(closeFrame(int(wire.CloseRestart), ""))
		settled := make(chan struct{})
		go func() {
			m.Settle(time.Minute)
			close(settled)
		}()
		synctest.Wait()
		select {
		case <-settled:
			t.Fatal("settled before the close frame was written")
		default:
		}
		conn.open()
		<-settled
		if got := conn.events(t); len(got) != 2 || got[1] != "=close restart " {
			t.Errorf("got %q", got)
		}
		m.Settle(time.Minute) // again, at once
	})
}

func TestSettle_GivesUpAPeerThatTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := newConn(0)
		m := NewMember(conn, Events, time.Now())
		m.Send(wire.AppendGap(nil))
		began := time.Now()
		m.Settle(2 * time.Second)
		if waited := time.Since(began); waited != 2*time.Second {
			t.Errorf("waited %v", waited)
		}
		conn.Abort()
	})
}

func TestSettle_NothingOfTheRoomFollowsTheCloseFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		defer h.Close()
		room := roomNamed(t, "x")
		conn := newConn(-1)
		m := NewMember(conn, Events, time.Now())
		h.Join(room, m, Newest())
		synctest.Wait()
		m.Control(closeFrame(int(wire.CloseRestart), ""))
		m.Settle(time.Minute)
		log.append(room, "late")
		synctest.Wait()
		if got := conn.events(t); len(got) != 2 || got[0] != "=live" || got[1] != "=close restart " {
			t.Errorf("got %q", got)
		}
		h.Leave(m)
	})
}
