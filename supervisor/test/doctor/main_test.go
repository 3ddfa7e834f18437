// Package doctor_test runs chatterctl doctor on the real stack, healthy and broken in one thing
// after the other.
package doctor_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

func TestMain(m *testing.M) { os.Exit(fixture.Main(m)) }

// chatterctl is the built command.
var chatterctl = sync.OnceValues(func() (string, error) {
	dir, err := fixture.RunDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "chatterctl")
	if out, err := exec.Command("go", "build", "-o", path, "chatter/supervisor/ctl").CombinedOutput(); err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

// report is what `chatterctl doctor --json` prints.
type report struct {
	Findings   []struct{ Level, Kind, What, Why, Fix string }
	Unexamined []struct{ What, Because string }
	Fine       []string
	code       int
}

// examine runs the command on a stack.
func examine(t *testing.T, s *stack.Stack) report {
	t.Helper()
	path, err := chatterctl()
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, "--dir", s.Dir(), "doctor", "--json")
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	var r report
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) || json.Unmarshal(out.Bytes(), &r) != nil {
		t.Fatalf("%v: %s%s", err, out.String(), errs.String())
	}
	r.code = cmd.ProcessState.ExitCode()
	return r
}

// kinds returns the kinds of the findings of one of the levels, each once, but for talk-slow, which
// depends on the machine.
func (r report) kinds(levels ...string) (names []string) {
	for _, f := range r.Findings {
		if slices.Contains(levels, f.Level) && f.Kind != "talk-slow" {
			names = append(names, f.Kind)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
