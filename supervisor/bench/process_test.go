package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"chatter/supervisor/fixture"
)

// The number of a process that has ended may be another's by now.
func TestProcess_KillLeavesOthersAlone(t *testing.T) {
	short, err := start(exec.Command("true"))
	if err != nil {
		t.Fatal(err)
	}
	for range short.ended {
	}
	other, err := start(exec.Command("sleep", "600"))
	if err != nil {
		t.Fatal(err)
	}
	short.pid = other.pid
	short.kill()
	select {
	case err := <-other.ended:
		t.Fatal("the other one was ended: ", err)
	default:
	}
	if _, err := cpuOf([]int{other.pid}); err != nil {
		t.Error(err)
	}
	other.kill()
	if err, ok := <-other.ended; ok {
		t.Errorf("kill did not wait for the end: %v", err)
	}
	other.kill()
}

func TestCPUOf_IsWhatAProcessHasUsed(t *testing.T) {
	busy, err := start(exec.Command("sh", "-c", "while :; do :; done"))
	if err != nil {
		t.Fatal(err)
	}
	defer busy.kill()
	idle, err := start(exec.Command("sleep", "600"))
	if err != nil {
		t.Fatal(err)
	}
	defer idle.kill()
	begun := time.Now()
	var used, rest time.Duration
	fixture.Await(t, "a process that counts has used more than one that sleeps", func() bool {
		var err1, err2 error
		rest, err1 = cpuOf([]int{idle.pid})
		used, err2 = cpuOf([]int{busy.pid})
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		return used > 20*time.Millisecond && used > rest && rest > 0
	}, func() string { return fmt.Sprintf("they have used %v and %v", used, rest) })
	if most := time.Since(begun) + time.Second; used > most {
		t.Errorf("it has used %v in less than %v", used, most)
	}
	both, err := cpuOf([]int{busy.pid, idle.pid})
	if err != nil || both < used+rest {
		t.Errorf("both have used %v, %v; %v and %v one by one", both, err, used, rest)
	}
}

func commandOf(t *testing.T, pid int) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
