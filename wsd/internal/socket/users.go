package socket

import (
	"sync"

	"chatter/shared/limits"
	"chatter/shared/name"
)

// openUsers counts the open sockets of each user and class. It is safe for concurrent use.
type openUsers struct {
	mu      sync.Mutex
	sockets map[guest]int
}

type guest struct {
	user  name.User
	class limits.Class
}

// add counts n more sockets of the guest.
func (u *openUsers) add(g guest, n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.sockets == nil {
		u.sockets = make(map[guest]int)
	}
	if u.sockets[g] += n; u.sockets[g] == 0 {
		delete(u.sockets, g)
	}
}

// EachUser calls f for each user with an open socket, in a room or on the index, and the class
// that the user had when the socket was opened. f must not block.
func (s *Server) EachUser(f func(name.User, limits.Class)) {
	s.users.mu.Lock()
	defer s.users.mu.Unlock()
	for g := range s.users.sockets {
		f(g.user, g.class)
	}
}

// Guests is how many guests have an open socket, in a room or on the index.
func (s *Server) Guests() int {
	s.users.mu.Lock()
	defer s.users.mu.Unlock()
	return len(s.users.sockets)
}
