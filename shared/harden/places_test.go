package harden

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}

func TestDirectories_FollowLinks(t *testing.T) {
	dir := t.TempDir()
	link(t, "b/..data", filepath.Join(dir, "a"))
	for name, want := range map[string][]string{
		filepath.Join(dir, "file"): {dir},
		filepath.Join(dir, "a"):    {dir, filepath.Join(dir, "b")},
		"/secret":                  {"/secret"}, // never the root directory
	} {
		if diff := cmp.Diff(want, directories(name)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	link(t, "loop", filepath.Join(dir, "loop"))
	if n := len(directories(filepath.Join(dir, "loop"))); n != maxLinks {
		t.Errorf("a loop has %d directories, want %d", n, maxLinks)
	}
}

func TestReleases_LieBesideTheOneThatALinkLeadsTo(t *testing.T) {
	dir := t.TempDir()
	link(t, "1", filepath.Join(dir, "current"))
	want := []string{filepath.Join(dir, "current"), dir}
	if diff := cmp.Diff(want, releases(filepath.Join(dir, "current", "wsd"))); diff != "" {
		t.Error(diff)
	}
	if got := releases(filepath.Join(dir, "wsd")); len(got) != 1 {
		t.Errorf("without a link: %q", got)
	}
}
