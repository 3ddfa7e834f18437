package socket

import (
	"sync"

	"chatter/shared/name"
)

// openUsers counts the open sockets of each user. It is safe for concurrent use.
type openUsers struct {
	mu      sync.Mutex
	sockets map[name.User]int
}

// add counts n more sockets of the user.
func (u *openUsers) add(user name.User, n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.sockets == nil {
		u.sockets = make(map[name.User]int)
	}
	if u.sockets[user] += n; u.sockets[user] == 0 {
		delete(u.sockets, user)
	}
}

// EachUser calls f for each user with an open socket, in a room or on the index. f must
// not block.
func (s *Server) EachUser(f func(name.User)) {
	s.users.mu.Lock()
	defer s.users.mu.Unlock()
	for user := range s.users.sockets {
		f(user)
	}
}
