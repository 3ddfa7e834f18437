package stack

import (
	"context"
	"net"
	"path/filepath"
	"time"

	"chatter/supervisor/run/supervisord"
	"chatter/supervisor/run/unixhttp"
)

// answerLimit is when a request to a process is tried again. It decides nothing.
const answerLimit = time.Minute

// status asks supervisord for all processes.
func (s *Stack) status(ctx context.Context) (supervisord.Processes, error) {
	return supervisord.Status(ctx, filepath.Join(s.dir, "supervisor.sock"))
}

// AdminGet requests a path from the admin listener of a process and returns the body.
func (s *Stack) AdminGet(ctx context.Context, process, path string) (string, error) {
	return unixhttp.Get(ctx, s.Admin(process), path)
}

// answers reports whether a process listens on a unix socket.
func answers(path string) bool {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
