// Package house_test holds the repository to its own rules: who may import whom, one
// version of each dependency, what lies at the top, tests that do not sleep, and a
// README that says what the programs say. It asks the go command and reads files; it
// starts no service.
package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"chatter/supervisor/test/fixture"
)

// root is the top of the repository; tests run in the directory of their package.
const root = "../../.."

func TestMain(m *testing.M) {
	fixture.Parallel(8)
	os.Exit(fixture.Main(m))
}

// modules are the folders with a go.mod, as go.work must name them.
func modules(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "*", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatal("no modules")
	}
	for i, path := range found {
		found[i] = filepath.Base(filepath.Dir(path))
	}
	return found
}

// goCommand runs go in a folder of the repository and returns what it printed. What a
// later value in env says wins.
func goCommand(t *testing.T, folder string, env []string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = filepath.Join(root, folder)
	cmd.Env = append(os.Environ(), env...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %q in %s: %v\n%s%s", args, folder, err, out, errs.Bytes())
	}
	return out
}

// decode reads JSON values that follow each other, as `go list -json` prints them.
func decode[T any](t *testing.T, text []byte) []T {
	t.Helper()
	var values []T
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var v T
		err := d.Decode(&v)
		if errors.Is(err, io.EOF) {
			return values
		}
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func sorted(set map[string]bool) []string {
	var all []string
	for s := range set {
		all = append(all, s)
	}
	slices.Sort(all)
	return all
}
