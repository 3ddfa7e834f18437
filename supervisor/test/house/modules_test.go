package house_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type goMod struct {
	Module  struct{ Path string }
	Go      string
	Require []struct{ Path, Version string }
	Replace []struct {
		Old, New struct{ Path, Version string }
	}
}

func modFile(t *testing.T, module string) goMod {
	t.Helper()
	return decode[goMod](t, goCommand(t, module, nil, "mod", "edit", "-json"))[0]
}

// A library that one service has in another version than the other is two libraries to
// look after; in the workspace, the higher one would hide it.
func TestModules_HaveOneVersionOfEachDependency(t *testing.T) {
	t.Parallel()
	used := map[string]string{}
	by := map[string]string{}
	for _, module := range modules(t) {
		mod := modFile(t, module)
		for _, r := range append(mod.Require, struct{ Path, Version string }{"go", mod.Go}) {
			if v, ok := used[r.Path]; ok && v != r.Version {
				t.Errorf("%s has %s %s, %s has %s", by[r.Path], r.Path, v, module, r.Version)
			}
			used[r.Path], by[r.Path] = r.Version, module
		}
	}
	if used["chatter/shared"] != "v0.0.0" || used["github.com/coder/websocket"] == "" {
		t.Errorf("read %v", used)
	}
}

// So that `go build` works in each folder by itself, without the workspace.
func TestModules_FindEachOtherWithoutTheWorkspace(t *testing.T) {
	t.Parallel()
	for _, module := range modules(t) {
		mod := modFile(t, module)
		if mod.Module.Path != "chatter/"+module {
			t.Errorf("%s is called %s", module, mod.Module.Path)
		}
		replaced := map[string]string{}
		for _, r := range mod.Replace {
			replaced[r.Old.Path] = r.New.Path
		}
		for _, r := range mod.Require {
			folder, inside := strings.CutPrefix(r.Path, "chatter/")
			if inside && replaced[r.Path] != "../"+folder {
				t.Errorf("%s requires %s and finds it at %q", module, r.Path, replaced[r.Path])
			}
		}
	}
}

func TestWorkspace_HasEveryModule(t *testing.T) {
	t.Parallel()
	type goWork struct{ Use []struct{ DiskPath string } }
	work := decode[goWork](t, goCommand(t, ".", nil, "work", "edit", "-json"))[0]
	var used []string
	for _, u := range work.Use {
		used = append(used, filepath.Base(u.DiskPath))
	}
	if diff := cmp.Diff(modules(t), used); diff != "" {
		t.Errorf("(-folders +go.work):\n%s", diff)
	}
}

func TestModules_AreTidy(t *testing.T) {
	t.Parallel()
	for _, module := range modules(t) {
		t.Run(module, func(t *testing.T) {
			t.Parallel()
			goCommand(t, module, []string{"GOWORK=off"}, "mod", "tidy", "-diff")
		})
	}
}
