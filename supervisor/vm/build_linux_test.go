package vm_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// need skips the test unless `make vm-test` runs it, and fails it on a machine that cannot.
func need(t *testing.T, programs ...string) {
	t.Helper()
	if suite == "" {
		t.Skip("it takes minutes: make vm-test runs it")
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatal(err)
		}
	}
}

// build builds a package for this machine's architecture and returns its path.
func build(t *testing.T, dir, version string, env ...string) string {
	t.Helper()
	cmd := exec.Command("../package/build", runtime.GOARCH)
	cmd.Env = append(append(os.Environ(), "VERSION="+version, "OUT="+dir), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", version, err, out)
	}
	return filepath.Join(dir, "chatter_"+version+"_"+runtime.GOARCH+".deb")
}

func buildsTheSameBytes(t *testing.T, s *scenario) {
	first, err := os.ReadFile(s.debs[oldVersion])
	if err != nil {
		t.Fatal(err)
	}
	again, err := os.ReadFile(build(t, t.TempDir(), oldVersion, "TZ=Asia/Tokyo", "LC_ALL=C"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, again) {
		t.Errorf("two builds of one commit differ: %d and %d bytes", len(first), len(again))
	}
}
