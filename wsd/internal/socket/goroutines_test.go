package socket

import (
	"bytes"
	"context"
	"fmt"
	"runtime/pprof"
	"strings"
	"testing"
)

const goroutineLabel = "counted"

// counted runs a test. The goroutines that it starts, and those that they start, are
// labelled, so that goroutines of earlier tests, which end whenever they do, do not count.
func counted(t *testing.T, test func(t *testing.T)) {
	pprof.Do(t.Context(), pprof.Labels(goroutineLabel, t.Name()), func(context.Context) { test(t) })
}

// goroutines is how many goroutines a counted test has.
func goroutines(t *testing.T) (all int) {
	t.Helper()
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		t.Fatal(err)
	}
	label := fmt.Sprintf("%q:%q", goroutineLabel, t.Name())
	n := 0 // of the stack that is described
	for line := range strings.Lines(profile.String()) {
		if strings.HasPrefix(line, "# labels: ") && strings.Contains(line, label) {
			all += n
		}
		if _, err := fmt.Sscanf(line, "%d @", &n); err != nil {
			n = 0
		}
	}
	return all
}
