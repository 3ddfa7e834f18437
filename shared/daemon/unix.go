package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// socketMode admits the group, which nginx shares with the services.
const socketMode = 0o660

// maxUnixPath is the shortest of the systems' limits, that of the BSDs.
const maxUnixPath = 103

// probeTimeout bounds the connection by which removeStale finds out whether a process
// serves a socket file. On one machine it takes microseconds.
const probeTimeout = time.Second

func checkUnixPath(path string) error {
	switch {
	case path == "":
		return errors.New("\"unix:\": want unix:PATH")
	case strings.HasPrefix(path, "@"):
		return fmt.Errorf("%q: a name without a file cannot be protected, give a path", unixPrefix+path)
	case strings.ContainsRune(path, 0):
		return fmt.Errorf("%q: a path has no zero bytes", unixPrefix+path)
	case len(path) > maxUnixPath:
		return fmt.Errorf("%q: a socket's path has at most %d bytes, this one has %d", unixPrefix+path, maxUnixPath, len(path))
	}
	return nil
}

// listenUnix opens a socket file. The listener removes the file when it closes.
func listenUnix(path string) (net.Listener, error) {
	unlock, err := lockDir(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := removeStale(path); err != nil {
		return nil, err
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, socketMode); err != nil {
		ln.Close()
		return nil, err
	}
	return ln, nil
}

// lockDir keeps two processes from removing the same stale file at once: the later one
// would remove the socket of the earlier. It locks the directory itself, so that no lock
// file is left.
func lockDir(dir string) (unlock func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX); err != nil {
		d.Close()
		return nil, &fs.PathError{Op: "lock", Path: dir, Err: err}
	}
	return func() { d.Close() }, nil
}

// removeStale removes the socket file of a process that is gone.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s exists and is not a socket", path)
	}
	c, err := net.DialTimeout("unix", path, probeTimeout)
	if err == nil {
		c.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		// A full backlog and a forbidden file belong to a process, too.
		return fmt.Errorf("%s is in use by another process", path)
	}
	return os.Remove(path)
}
