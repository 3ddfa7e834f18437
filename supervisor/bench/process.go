package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"chatter/supervisor/tether"
)

// process is a server that was started for a measurement.
type process struct {
	pid   int
	ended <-chan error
}

func start(cmd *exec.Cmd) (*process, error) {
	ended, err := tether.Start(cmd, syscall.SIGKILL)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return &process{cmd.Process.Pid, ended}, nil
}

// kill ends the process at once and waits until it is gone.
func (p *process) kill() {
	_ = syscall.Kill(p.pid, syscall.SIGKILL)
	for range p.ended {
	}
}

// hertz is the unit of /proc/PID/stat on every Linux (proc(5), USER_HZ).
const hertz = 100

// cpuOf is the processor time that processes have used, their threads included.
func cpuOf(pids []int) (time.Duration, error) {
	var total time.Duration
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, fmt.Errorf("account for process %d: %w", pid, err)
		}
		// The name, in parentheses, may hold anything.
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) < 13 {
			return 0, fmt.Errorf("account for process %d: cannot read %q", pid, text)
		}
		for _, field := range fields[11:13] { // utime, stime
			ticks, err := strconv.Atoi(field)
			if err != nil {
				return 0, fmt.Errorf("account for process %d: %w", pid, err)
			}
			total += time.Duration(ticks) * time.Second / hertz
		}
	}
	return total, nil
}

// memoryOf is the proportional set size of a process in bytes: what is resident, with
// shared pages divided among those who share them (proc(5)).
func memoryOf(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, fmt.Errorf("memory of process %d: %w", pid, err)
	}
	_, rest, ok := strings.Cut(string(text), "\nPss:")
	fields := strings.Fields(rest)
	if !ok || len(fields) == 0 {
		return 0, errors.New("memory: no Pss in smaps_rollup")
	}
	kb, err := strconv.ParseInt(fields[0], 10, 64)
	return kb << 10, err
}

// ownCPU is the processor time of this process, the load generator.
func ownCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
