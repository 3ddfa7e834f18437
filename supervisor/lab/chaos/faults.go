package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"chatter/supervisor/run/stack"
)

// fault is one kind of harm.
type fault struct {
	name string
	// inflict does the harm and returns when it is done, which is not when it is healed.
	// What it finds wrong it returns as a note, which is not for the guests to see.
	inflict func(ctx context.Context, s *stack.Stack, random *rand.Rand) (note string, err error)
	settle  time.Duration // until the next one, beside what is left to chance
	of      []string      // the processes whose ids it must not change
	starts  []string      // the processes that it starts anew, all at once
}

var (
	kindCut     = "cut sockets"
	kindSilence = "silent sockets"

	httpds = []string{"httpd:httpd_0", "httpd:httpd_1"}
	wsds   = []string{"wsd:wsd_0", "wsd:wsd_1"}

	services = slices.Concat(httpds, wsds)
)

// faults are what happens to the processes, one at a time.
var faults = []fault{
	{name: "kill -9 httpd", inflict: kill(syscall.SIGKILL, httpds...)},
	{name: "kill -9 wsd", inflict: kill(syscall.SIGKILL, wsds...)},
	{name: "kill -9 nginx", inflict: kill(syscall.SIGKILL, "nginx")},
	{name: "kill -9 redis", inflict: kill(syscall.SIGKILL, "redis")},
	{name: "term httpd", inflict: kill(syscall.SIGTERM, httpds...)},
	{name: "term wsd", inflict: kill(syscall.SIGTERM, wsds...)},
	{name: "term redis", inflict: kill(syscall.SIGTERM, "redis")},
	{name: "hup httpd", inflict: ctl("signal", "HUP", "httpd:*"), settle: 2 * time.Second, of: httpds},
	{name: "hup wsd", inflict: ctl("signal", "HUP", "wsd:*"), settle: 2 * time.Second, of: wsds},
	{name: "rolling httpd", inflict: oneByOne(httpds)},
	{name: "rolling wsd", inflict: oneByOne(wsds)},
	{name: "restart httpd:*", inflict: ctl("restart", "httpd:*"), starts: httpds},
	{name: "restart wsd:*", inflict: ctl("restart", "wsd:*"), starts: wsds},
	{name: "restart httpd:* wsd:*", inflict: ctl("restart", "httpd:*", "wsd:*"), starts: services}, // all, on a VM
	{name: "restart all", inflict: ctl("restart", "all"), starts: services},
	{name: "reload nginx", inflict: ctl("signal", "HUP", "nginx"), settle: time.Second, of: []string{"nginx"}},
	{name: "restart nginx", inflict: ctl("restart", "nginx")},
	{name: "pause redis", inflict: pauseRedis},
}

func findFault(name string) (fault, bool) {
	i := slices.IndexFunc(faults, func(f fault) bool { return f.name == name })
	if i >= 0 {
		return faults[i], true
	}
	return fault{name: name}, name == kindCut || name == kindSilence
}

func faultNames() (names []string) {
	for _, f := range faults {
		names = append(names, f.name)
	}
	return append(names, kindCut, kindSilence)
}

// kill sends a signal to one of the processes, past supervisord.
func kill(sig syscall.Signal, processes ...string) func(context.Context, *stack.Stack, *rand.Rand) (string, error) {
	return func(ctx context.Context, s *stack.Stack, random *rand.Rand) (string, error) {
		name := processes[random.IntN(len(processes))]
		if _, err := s.Kill(ctx, name, sig); err != nil {
			// It is still down from the fault before: no harm done, none to be done.
			return "not running: " + name, nil
		}
		return "", nil
	}
}

func ctl(args ...string) func(context.Context, *stack.Stack, *rand.Rand) (string, error) {
	return func(ctx context.Context, s *stack.Stack, _ *rand.Rand) (string, error) {
		_, err := s.Ctl(ctx, args...)
		return "", err
	}
}

func oneByOne(processes []string) func(context.Context, *stack.Stack, *rand.Rand) (string, error) {
	return func(ctx context.Context, s *stack.Stack, _ *rand.Rand) (string, error) {
		for _, name := range processes {
			if _, err := s.Ctl(ctx, "restart", name); err != nil {
				return "", err
			}
		}
		return "", nil
	}
}

// pauseRedis has Redis hang for one to five seconds.
func pauseRedis(ctx context.Context, s *stack.Stack, random *rand.Rand) (string, error) {
	d := time.Second + time.Duration(random.Int64N(int64(4*time.Second)))
	pid, err := s.Kill(ctx, "redis", syscall.SIGSTOP)
	if err != nil {
		return "not running: redis", nil
	}
	defer syscall.Kill(pid, syscall.SIGCONT)
	pause(ctx, d)
	return "", nil
}

// pids are the ids of processes, 0 for one that does not run.
func pids(ctx context.Context, s *stack.Stack, processes []string) []int {
	ids := make([]int, len(processes))
	for i, name := range processes {
		ids[i], _ = s.Pid(ctx, name)
	}
	return ids
}

// harm inflicts f, waits for as long as it is to be felt alone, and notes it.
func harm(ctx context.Context, s *stack.Stack, f fault, random *rand.Rand, b *blame) error {
	before := pids(ctx, s, f.of)
	index := b.begin(f.name, time.Now())
	note, err := f.inflict(ctx, s, random)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	var ready time.Time
	for _, pid := range pids(ctx, s, f.starts) {
		if started, err := startOf(pid); err == nil && started.After(ready) {
			ready = started
		}
	}
	pause(ctx, f.settle)
	if after := pids(ctx, s, f.of); ctx.Err() == nil && !slices.Equal(before, after) {
		note = fmt.Sprintf("process ids were %v, are %v", before, after)
	}
	b.finish(index, ready, note)
	return nil
}

// startOf is when a process was started, to a hundredth of a second.
func startOf(pid int) (time.Time, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return time.Time{}, err
	}
	up, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return time.Time{}, err
	}
	// proc(5): the start is the 20th field after the name, which stands in parentheses, in
	// ticks of a hundredth of a second since the machine's.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 20 {
		return time.Time{}, errors.New("a short line in /proc")
	}
	ticks, err := strconv.ParseInt(fields[19], 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	machine, err := strconv.ParseFloat(strings.Fields(string(up))[0], 64)
	if err != nil {
		return time.Time{}, err
	}
	age := time.Duration(machine*float64(time.Second)) - time.Duration(ticks)*10*time.Millisecond
	return time.Now().Add(-age), nil
}
