package setup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// replace gives a file new contents at once, so that a full disk leaves the old ones. Owner
// and mode stay. A new file can be read by everybody.
func replace(name string, text []byte) error {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	mode, uid, gid := fs.FileMode(0o644), -1, -1
	if info, err := os.Stat(name); err == nil {
		mode = info.Mode().Perm()
		if owner, ok := info.Sys().(*syscall.Stat_t); ok {
			uid, gid = int(owner.Uid), int(owner.Gid)
		}
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".setup-*") // matches no include *.conf
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chown(uid, gid), f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
