package hardentest

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

const (
	firstKey  = "0123456789abcdef0123456789abcdeF\n"
	secondKey = "F0123456789abcdef0123456789abcde\n" + firstKey
	badKey    = "short\n"
)

// nobody is a user without rights; a test that root runs starts services as this user.
const nobody = 65534

// directory returns a directory that every user may enter, short enough for a socket's
// address, with these directories in it.
func directory(t *testing.T, names ...string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "harden")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	for _, name := range names {
		must(t, os.MkdirAll(filepath.Join(dir, name), 0o755))
	}
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write puts a file in place by a rename, as an editor does. The service's user can read it.
func write(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path+".new", []byte(text), 0o640))
	if os.Geteuid() == 0 {
		must(t, os.Chown(path+".new", 0, nobody))
	}
	must(t, os.Rename(path+".new", path))
}

// copyFile copies a program.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	// A child that another test forks just now would hold the file open for writing until
	// its exec, and a file that is so held cannot be run.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	source, err := os.Open(from)
	must(t, err)
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	must(t, err)
	_, err = io.Copy(target, source)
	must(t, err)
	must(t, target.Close())
}

// point makes the symbolic link lead to another directory, in one step.
func point(t *testing.T, link, to string) {
	t.Helper()
	must(t, os.Symlink(to, link+".new"))
	must(t, os.Rename(link+".new", link))
}
