package main

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
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
	var used time.Duration
	for used < 20*time.Millisecond {
		if time.Since(begun) > time.Minute {
			t.Fatalf("a process that does nothing but count has used %v", used)
		}
		if used, err = cpuOf([]int{busy.pid}); err != nil {
			t.Fatal(err)
		}
	}
	if most := time.Since(begun) + time.Second; used > most {
		t.Errorf("it has used %v in less than %v", used, most)
	}
	rest, err := cpuOf([]int{idle.pid})
	if err != nil || rest <= 0 || rest > used {
		t.Errorf("one that sleeps has used %v, %v; the other %v", rest, err, used)
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
