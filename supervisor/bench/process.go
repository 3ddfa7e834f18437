package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"chatter/supervisor/tether"
)

// process is a server that was started for a measurement.
type process struct {
	pid   int
	self  *os.Process
	ended <-chan error
	end   os.Signal // what kill sends
}

func start(cmd *exec.Cmd) (*process, error) {
	ended, err := tether.Start(cmd, syscall.SIGKILL)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return &process{cmd.Process.Pid, cmd.Process, ended, os.Kill}, nil
}

// kill ends the process at once and waits until it is gone. It does nothing to one that
// has ended: its number may be another's by then.
func (p *process) kill() {
	_ = p.self.Signal(p.end)
	for range p.ended {
	}
}

// cpuOf is the processor time that processes have used, to the nanosecond: that of their
// threads, also of those that have ended, but not of processes that they have started.
func cpuOf(pids []int) (total time.Duration, err error) {
	for _, pid := range pids {
		var used syscall.Timespec
		clock := ^pid<<3 | 2 // what clock_getcpuclockid(3) makes of it
		if _, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, uintptr(clock), uintptr(unsafe.Pointer(&used)), 0); errno != 0 {
			return 0, fmt.Errorf("account for process %d: %w", pid, errno)
		}
		total += time.Duration(used.Nano())
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
	used, _ := cpuOf([]int{os.Getpid()})
	return used
}
