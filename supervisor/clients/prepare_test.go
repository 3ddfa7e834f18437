package clients_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The system's Python, which has Debian's libraries, whatever another one in PATH has.
const python = "/usr/bin/python3"

func preparePython(t *testing.T) *exec.Cmd {
	need(t, python)
	if out, err := exec.CommandContext(t.Context(), python, "-c", "import websockets").CombinedOutput(); err != nil {
		lacking(t, "python3-websockets is not installed: "+string(out))
	}
	// -B: it would leave compiled files beside the source.
	return exec.CommandContext(t.Context(), python, "-B", "python/talk.py")
}

func prepareWS(t *testing.T) *exec.Cmd {
	need(t, "node", "npm")
	dir := t.TempDir()
	for _, name := range []string{"package.json", "guest.js", "talk.js"} {
		text, err := os.ReadFile(filepath.Join("ws", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// node looks for packages beside the program, so the program goes to them.
	if err := os.Symlink(filepath.Join(installed(t), "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return exec.CommandContext(t.Context(), "node", filepath.Join(dir, "talk.js"))
}

// installed returns a directory with the packages that the lock file names. It is kept
// between runs, and one for each lock file, so that a run needs no registry.
func installed(t *testing.T) string {
	t.Helper()
	lock, err := os.ReadFile("ws/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	sum := sha256.Sum256(lock)
	dir := filepath.Join(cache, "chatter-tests", "ws-"+hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	// Whole or not there at all: a run that is killed must leave no half of it.
	fresh, err := os.MkdirTemp(filepath.Dir(dir), "installing-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(fresh)
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join("ws", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(fresh, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	npm := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = fresh
	if out, err := npm.CombinedOutput(); err != nil {
		lacking(t, "npm ci: "+err.Error()+"\n"+string(out))
	}
	// Another run may have been quicker.
	if err := os.Rename(fresh, dir); err != nil {
		if _, missing := os.Stat(dir); missing != nil {
			t.Fatal(err)
		}
	}
	return dir
}
