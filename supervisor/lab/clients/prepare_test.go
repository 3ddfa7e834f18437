package clients_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"chatter/supervisor/lab/npm"
	"chatter/supervisor/test/fixture"
)

// The system's Python has Debian's libraries; another one in PATH may not.
const python = "/usr/bin/python3"

func preparePython(t *testing.T) *exec.Cmd {
	fixture.Need(t, python)
	if out, err := exec.CommandContext(t.Context(), python, "-c", "import websockets").CombinedOutput(); err != nil {
		fixture.Missing(t, "python3-websockets is not installed: "+string(out))
	}
	// -B: it would leave compiled files beside the source.
	return exec.CommandContext(t.Context(), python, "-B", "python/talk.py")
}

func prepareWS(t *testing.T) *exec.Cmd {
	fixture.Need(t, "node", "npm")
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
	installed, err := npm.Install(t.Context(), "ws")
	if err != nil {
		fixture.Missing(t, err.Error())
	}
	// node looks for packages beside the program, so the program goes to them.
	if err := os.Symlink(filepath.Join(installed, "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return exec.CommandContext(t.Context(), "node", filepath.Join(dir, "talk.js"))
}
