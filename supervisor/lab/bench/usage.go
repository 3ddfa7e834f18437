//go:build linux

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"chatter/shared/redisconn"
)

// usage is the work of a target since its start. The work of Redis has figures of its own.
type usage struct {
	cpu, redisCPU time.Duration
	redisInside   time.Duration // time that commands took inside Redis
	redisFile     float64       // bytes of the append-only file
}

// topCommands are the commands of the services that append and read messages. The time of a
// script contains that of the commands which it calls.
var topCommands = []string{"eval", "evalsha", "fcall", "xrange", "xread"}

func (t *target) usage() (u usage) {
	if t.redis != nil {
		info, err := t.redisInfo()
		t.fail(err)
		for _, command := range topCommands {
			_, after, _ := strings.Cut(info["cmdstat_"+command], "usec=")
			usec, _, _ := strings.Cut(after, ",")
			n, _ := strconv.Atoi(usec)
			u.redisInside += time.Duration(n) * time.Microsecond
		}
		u.redisFile, _ = strconv.ParseFloat(info["aof_current_size"], 64)
		u.redisCPU = t.cpuOf(t.redis.pid())
	}
	u.cpu = t.cpuOf(t.pids...)
	return u
}

// used is the usage while what runs.
func (t *target) used(what func()) usage {
	before := t.usage()
	what()
	u := t.usage()
	return usage{u.cpu - before.cpu, u.redisCPU - before.redisCPU, u.redisInside - before.redisInside, u.redisFile - before.redisFile}
}

// redisInfo is the answer to INFO, by names.
func (t *target) redisInfo() (map[string]string, error) {
	client, err := redisconn.Open(t.redisURL())
	if err != nil {
		return nil, err
	}
	defer client.Close()
	text, err := client.Universal().Info(t.bench.ctx, "everything").Result()
	info := make(map[string]string)
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		info[name] = value
	}
	return info, err
}

// cpuOf is the processor time that processes have used: that of all their threads, but not
// of their children.
func (t *target) cpuOf(pids ...int) (total time.Duration) {
	for _, pid := range pids {
		var used syscall.Timespec
		clock := ^pid<<3 | 2 // as clock_getcpuclockid(3) computes it
		if _, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, uintptr(clock), uintptr(unsafe.Pointer(&used)), 0); errno != 0 {
			t.fail(fmt.Errorf("processor time of process %d: %w", pid, errno))
		}
		total += time.Duration(used.Nano())
	}
	return total
}

// memoryOf is the proportional set size of a process in bytes: its resident memory, with
// shared pages divided among the processes that share them (proc(5)).
func (t *target) memoryOf(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	_, rest, _ := strings.Cut(string(text), "\nPss:")
	var kb float64
	if _, scanned := fmt.Sscan(rest, &kb); scanned != nil {
		t.fail(fmt.Errorf("memory of process %d: no Pss: %w, %w", pid, err, scanned))
	}
	return kb * 1024
}
