//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"chatter/shared/redisconn"
)

// usage is the work of a target since its start. Redis's part of it has figures of its own.
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
			var calls, usec int
			_, _ = fmt.Sscanf(info["Commandstats"]["cmdstat_"+command], "calls=%d,usec=%d", &calls, &usec) // 0 for none
			u.redisInside += time.Duration(usec) * time.Microsecond
		}
		u.redisFile, _ = strconv.ParseFloat(info["Persistence"]["aof_current_size"], 64)
		u.redisCPU = t.cpuOf(t.redis.pid())
	}
	u.cpu = t.cpuOf(append(t.workers(), t.pids...)...)
	return u
}

// used returns the usage during a function.
func (t *target) used(during func()) usage {
	before := t.usage()
	during()
	u := t.usage()
	return usage{u.cpu - before.cpu, u.redisCPU - before.redisCPU, u.redisInside - before.redisInside, u.redisFile - before.redisFile}
}

// redisInfo is the answer to INFO, by sections and names.
func (t *target) redisInfo() (map[string]map[string]string, error) {
	client, err := redisconn.Open(t.redisURL)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return client.Universal().InfoMap(t.bench.ctx, "everything").Result()
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
	return 1024 * t.procValue(fmt.Sprintf("%d/smaps_rollup", pid), "\nPss:")
}

// kernelMemory is the part of the kernel's memory that grows with sockets and processes
// (proc(5)), of the whole machine, in bytes.
func (t *target) kernelMemory() float64 {
	kb := t.procValue("meminfo", "\nSlab:") + t.procValue("meminfo", "\nKernelStack:") + t.procValue("meminfo", "\nPageTables:")
	buffers := t.procValue("net/sockstat", " mem ") // of TCP, in pages
	return 1024*kb + buffers*float64(os.Getpagesize())
}

// procValue is the number after a text in a file of /proc.
func (t *target) procValue(file, after string) (value float64) {
	text, err := os.ReadFile("/proc/" + file)
	_, rest, _ := strings.Cut(string(text), after)
	if _, scanned := fmt.Sscan(rest, &value); scanned != nil {
		t.fail(fmt.Errorf("no %q in /proc/%s: %w", after, file, errors.Join(err, scanned)))
	}
	return value
}
