package socket

import (
	"net/http"
	"sync"
	"testing"

	"chatter/shared/limits"
	"chatter/shared/name"
)

// A guest is here as long as one of their sockets is open, in a room or on the index.
func TestEachUser_HasAnOpenSocket(t *testing.T) {
	var mu sync.Mutex
	visits := 0
	f := newFixture(t, func(o *Options) {
		o.Visit = func(user name.User, _ limits.Class) {
			mu.Lock()
			defer mu.Unlock()
			if visits++; user.String() != "guest" {
				t.Errorf("a visit of %q", user)
			}
		}
	})
	here := func() (all []string) {
		f.server.EachUser(func(user name.User, _ limits.Class) { all = append(all, user.String()) })
		return all
	}
	nobody := f.dialAs("/ws/index/", http.Header{"Origin": {f.http.URL}})
	nobody.closed()
	eventually(t, "the socket without a session has ended", func() bool { return f.server.Open() == 0 })
	if got := here(); len(got) != 0 {
		t.Errorf("without a session: %q", got)
	}
	inRoom, onIndex := f.dial("/ws/chat/room/?since=0"), f.dial("/ws/index/")
	inRoom.until("live")
	eventually(t, "both sockets are open", func() bool { mu.Lock(); defer mu.Unlock(); return visits == 2 })
	for _, c := range []*client{inRoom, onIndex} {
		if got := here(); len(got) != 1 || got[0] != "guest" {
			t.Errorf("here are %q", got)
		}
		open := f.server.Open()
		c.ws.CloseNow()
		eventually(t, "the socket has ended", func() bool { return f.server.Open() == open-1 })
	}
	if got := here(); len(got) != 0 {
		t.Errorf("after both sockets: %q", got)
	}
}
