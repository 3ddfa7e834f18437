package house_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The names that may lie at the top, beside those that begin with a dot.
var entries = []string{
	"httpd", "wsd", "shared", "nginx", "supervisor",
	"go.work", "go.work.sum", "README.md", "Makefile", "CHANGELOG.md", "LICENSE",
}

func TestTop_HoldsWhatItMay(t *testing.T) {
	t.Parallel()
	found, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	ignored := strings.Fields(readFile(t, ".gitignore"))
	for _, e := range found {
		name := e.Name()
		if !strings.HasPrefix(name, ".") && !slices.Contains(entries, name) && !slices.Contains(ignored, "/"+name+"/") {
			t.Errorf("%s does not belong at the top", name)
		}
	}
	for _, name := range entries {
		// go.work.sum is the go command's to write when it needs one.
		if _, err := os.Stat(filepath.Join(root, name)); err != nil && name != "go.work.sum" {
			t.Error(err)
		}
	}
}

// Names that say nothing about what is in a folder.
var vague = []string{"util", "utils", "common", "helpers", "models", "types", "manager"}

func TestPackages_HaveNamesOfTheField(t *testing.T) {
	t.Parallel()
	type named struct{ ImportPath, Name string }
	list := decode[named](t, goCommand(t, ".", nil, "list", "-json=ImportPath,Name", "work"))
	for _, p := range list {
		for _, word := range append(strings.Split(p.ImportPath, "/"), p.Name) {
			if slices.Contains(vague, word) {
				t.Errorf("%s: %q says nothing", p.ImportPath, word)
			}
		}
		_, below, inside := strings.Cut(p.ImportPath, "/internal/")
		if inside && strings.Contains(below, "/") {
			t.Errorf("%s lies too deep", p.ImportPath)
		}
	}
}
