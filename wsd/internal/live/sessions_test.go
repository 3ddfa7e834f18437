package live

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fakeSessions are Sessions that the test ends.
type fakeSessions struct {
	mu      sync.Mutex
	unknown bool
	ended   []string
}

func (f *fakeSessions) Known() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.unknown
}

func (f *fakeSessions) Ended(session string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Contains(f.ended, session)
}

func (f *fakeSessions) end(session string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = append(f.ended, session)
}

func (f *fakeSessions) know() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unknown = false
}

// memberOf returns a member of a session, on a connection that takes everything.
func memberOf(session string) (*Member, *fakeConn) {
	conn := newConn(-1)
	m := NewMember(conn, Events, time.Now())
	m.Session = session
	return m, conn
}

const signIn = "=close sign in "

func TestSessions_CheckClosesTheMembersOfAnEndedSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		sessions := new(fakeSessions)
		h.Sessions = sessions
		room, feed := roomNamed(t, "x"), h.NewFeed()
		ann, annConn := memberOf("ann")
		tab, tabConn := memberOf("ann")
		ben, benConn := memberOf("ben")
		h.Join(room, ann, Newest())
		feed.Join(tab)
		h.Join(room, ben, Newest())
		synctest.Wait()
		sessions.end("ann")
		h.CheckSessions()
		log.append(room, "after")
		synctest.Wait()
		for name, conn := range map[string]*fakeConn{"in the room": annConn, "in the feed": tabConn} {
			if got := conn.events(t); len(got) == 0 || got[len(got)-1] != signIn {
				t.Errorf("%s: got %q, want it to end with %q", name, got, signIn)
			}
		}
		if got := benConn.events(t); !slices.Equal(got, []string{"=live", "after"}) {
			t.Errorf("a member of another session got %q", got)
		}
		if h.MaySpeak(ann) || !h.MaySpeak(ben) {
			t.Error("the wrong one may speak")
		}
		late, lateConn := memberOf("ann")
		h.Join(room, late, Newest())
		synctest.Wait()
		if got := lateConn.events(t); !slices.Equal(got, []string{signIn}) {
			t.Errorf("a member that joins later got %q", got)
		}
	})
}

// A member that is sent its history is in no room that CheckSessions could look through.
func TestSessions_AMemberThatReadsItsHistoryIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		sessions := new(fakeSessions)
		h.Sessions = sessions
		room := roomNamed(t, "x")
		first := log.append(room, "first")
		for range 5 * historyPage {
			log.append(room, "more")
		}
		conn := newConn(0) // takes nothing
		m := NewMember(conn, Events, time.Now())
		m.Session = "ann"
		h.Join(room, m, After(first))
		synctest.Wait()
		sessions.end("ann")
		h.CheckSessions()
		conn.open()
		synctest.Wait()
		got := conn.events(t)
		if len(got) > historyPage+1 || got[len(got)-1] != signIn {
			t.Errorf("got %d events, the last ones %q; want a page at most, then %q", len(got), got[len(got)-2:], signIn)
		}
	})
}

// Nobody is let in before it is known which sessions have ended.
func TestSessions_MembersWaitUntilTheyAreKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		sessions := &fakeSessions{unknown: true}
		h.Sessions = sessions
		room := roomNamed(t, "x")
		log.append(room, "hello")
		ann, annConn := memberOf("ann")
		ben, benConn := memberOf("ben")
		for _, m := range []*Member{ann, ben} {
			h.Join(room, m, Newest())
		}
		synctest.Wait()
		if a, b := annConn.events(t), benConn.events(t); len(a) > 0 || len(b) > 0 || h.MaySpeak(ben) {
			t.Errorf("before it is known they got %q and %q; may speak: %v", a, b, h.MaySpeak(ben))
		}
		sessions.end("ann")
		sessions.know()
		h.CheckSessions()
		synctest.Wait()
		if got := annConn.events(t); !slices.Equal(got, []string{signIn}) {
			t.Errorf("the one whose session has ended got %q", got)
		}
		if got := benConn.events(t); !slices.Equal(got, []string{"hello", "=live"}) {
			t.Errorf("the other one got %q", got)
		}
	})
}
