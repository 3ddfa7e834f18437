package daemon_test

import (
	"fmt"
	"os"
	"regexp"
	"testing"
)

// A core dump would put messages and session keys on the disk.
func TestRun_TheKernelDumpsNoCore(t *testing.T) {
	c := start(t, newProgram(t), nil)
	c.address() // it serves
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", c.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m)^Max core file size +0 +0 `).Match(limits) {
		t.Errorf("limits:\n%s", limits)
	}
}
