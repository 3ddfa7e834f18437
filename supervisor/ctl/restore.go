package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"chatter/shared/session"
)

var restore = command{
	name: "restore", args: "FILE [PATH...]",
	help: "puts back what a backup has, and keeps what it replaces",
	run: func(_ context.Context, _ *site, args []string) (string, error) {
		return machine{}.restore(args[0], args[1:])
	},
}

// kept is the ending of a file that was replaced.
const kept = ".before-restore"

// change is a file that a restore writes.
type change struct {
	file
	uid, gid int
	replaces bool
}

// restore checks everything before it changes anything.
func (m machine) restore(name string, named []string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	files, at, err := unpack(f)
	if err != nil {
		return "", fmt.Errorf("%s: %w; nothing is changed", name, err)
	}
	var changes []*change
	for _, f := range files {
		c, err := m.plan(f, named)
		if err != nil {
			return "", fmt.Errorf("%s: %w; nothing is changed", name, err)
		}
		if c != nil {
			changes = append(changes, c)
		}
	}
	if len(changes) == 0 {
		return "All files are as in the backup of " + at.UTC().Format("2006-01-02 15:04 MST") + ". Nothing is changed.", nil
	}
	for i, c := range changes {
		if err := m.apply(c); err != nil {
			for _, done := range changes[:i] {
				err = errors.Join(err, m.undo(done))
			}
			return "", fmt.Errorf("%s: %w; what was changed is put back", name, err)
		}
	}
	return report(changes), nil
}

// plan returns how a file is restored, nil if it is as in the backup.
func (m machine) plan(f file, named []string) (*change, error) {
	if err := check(f, named); err != nil {
		return nil, err
	}
	u, err := user.Lookup(f.owner)
	if err != nil {
		return nil, fmt.Errorf("%s belongs to the user %s, which this machine does not have: install Chatter first", f.path, f.owner)
	}
	g, err := user.LookupGroup(f.group)
	if err != nil {
		return nil, fmt.Errorf("%s belongs to the group %s, which this machine does not have: install Chatter first", f.path, f.group)
	}
	c := &change{file: f}
	c.uid, _ = strconv.Atoi(u.Uid)
	c.gid, _ = strconv.Atoi(g.Gid)
	now, err := m.read(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c, nil
	case err != nil:
		return nil, err
	case now.sum() == f.sum() && now.mode == f.mode && now.owner == f.owner && now.group == f.group:
		return nil, nil
	}
	c.replaces = true
	if _, err := os.Lstat(m.path(f.path) + kept); err == nil {
		return nil, fmt.Errorf("%s%s is there from an earlier restore: move it away first", f.path, kept)
	}
	return c, nil
}

// check returns an error for a file that must not be restored.
func check(f file, named []string) error {
	if err := allowed(f.path); err != nil {
		return err
	}
	if !usual(f.path) && !covered(f.path, named) {
		return fmt.Errorf("it has %s, which is restored only if you name it: chatterctl restore FILE %s", f.path, f.path)
	}
	if f.mode != f.mode.Perm() {
		return fmt.Errorf("%s has the mode %#o", f.path, f.mode)
	}
	if f.path == secretFile {
		if _, err := session.ParseKeys(f.text); err != nil {
			return fmt.Errorf("its %s is no secret: %w", f.path, err)
		}
	}
	return nil
}

// usual reports whether a backup has a path without being asked.
func usual(path string) bool {
	return path == dropIn || filepath.Dir(path) == filepath.Dir(secretFile) || filepath.Dir(path) == directives && strings.HasSuffix(path, ".conf")
}

func covered(path string, named []string) bool {
	for _, name := range named {
		if abs, err := filepath.Abs(name); err == nil && (path == abs || within(path, abs)) {
			return true
		}
	}
	return false
}

// apply writes one file and keeps the one that it replaces.
func (m machine) apply(c *change) error {
	path := m.path(c.path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if c.replaces {
		if err := os.Link(path, path+kept); err != nil {
			return err
		}
	}
	err := replace(path, func(temporary string) error {
		if c.link != "" {
			return errors.Join(os.Symlink(c.link, temporary), os.Lchown(temporary, c.uid, c.gid))
		}
		if err := writeSynced(temporary, c.text); err != nil {
			return err
		}
		return errors.Join(os.Chown(temporary, c.uid, c.gid), os.Chmod(temporary, c.mode))
	})
	if err != nil && c.replaces {
		os.Remove(path + kept)
	}
	return err
}

// undo puts back what apply replaced.
func (m machine) undo(c *change) error {
	if c.replaces {
		return os.Rename(m.path(c.path)+kept, m.path(c.path))
	}
	return os.Remove(m.path(c.path))
}

// report says what was done, and what takes the files into use.
func report(changes []*change) string {
	var b strings.Builder
	var services, supervisor, nginx, secret bool
	for _, c := range changes {
		fmt.Fprintf(&b, "%s is restored", c.path)
		if c.replaces {
			fmt.Fprintf(&b, ", the one before is %s%s", c.path, kept)
		}
		b.WriteString(".\n")
		switch {
		case c.path == dropIn:
			supervisor = true
		case within(c.path, "/etc/nginx"), within(c.path, "/etc/letsencrypt"):
			nginx = true
		default:
			services = true
		}
		secret = secret || c.path == secretFile
	}
	b.WriteString("\nNow take it into use:\n")
	if supervisor {
		b.WriteString("    systemctl daemon-reload && systemctl restart supervisor\n")
	} else if services {
		b.WriteString("    supervisorctl signal HUP httpd:* wsd:*\n")
	}
	if nginx {
		b.WriteString("    nginx -t && systemctl reload nginx\n")
	}
	if secret {
		b.WriteString("Guests who signed in under another secret sign in again.\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}
