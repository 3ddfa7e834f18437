package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"

	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/stack"
)

// fault is one kind of fault in the processes.
type fault struct {
	name   string
	inject injection
	settle time.Duration // until the next fault, beside a random time
	keeps  []string      // the processes whose ids it must not change
}

// injection injects a fault and returns before the stack has recovered. note says why it could
// not.
type injection func(ctx context.Context, s *stack.Stack, random *rand.Rand) (note string, err error)

var (
	kindCut     = "cut sockets"
	kindSilence = "silent sockets"

	httpds = []string{"httpd:httpd_0", "httpd:httpd_1"}
	wsds   = []string{"wsd:wsd_0", "wsd:wsd_1"}

	services = slices.Concat(httpds, wsds)
)

// faults are injected one at a time.
var faults = []fault{
	{name: "kill -9 httpd", inject: kill(syscall.SIGKILL, httpds...)},
	{name: "kill -9 wsd", inject: kill(syscall.SIGKILL, wsds...)},
	{name: "kill -9 nginx", inject: kill(syscall.SIGKILL, "nginx")},
	{name: "kill -9 redis", inject: kill(syscall.SIGKILL, "redis")},
	{name: "term httpd", inject: kill(syscall.SIGTERM, httpds...)},
	{name: "term wsd", inject: kill(syscall.SIGTERM, wsds...)},
	{name: "term redis", inject: kill(syscall.SIGTERM, "redis")},
	{name: "hup httpd", inject: ctl("signal", "HUP", "httpd:*"), settle: 2 * time.Second, keeps: httpds},
	{name: "hup wsd", inject: ctl("signal", "HUP", "wsd:*"), settle: 2 * time.Second, keeps: wsds},
	{name: "rolling httpd", inject: oneByOne(httpds)},
	{name: "rolling wsd", inject: oneByOne(wsds)},
	{name: "restart httpd:*", inject: ctl("restart", "httpd:*")},
	{name: "restart wsd:*", inject: ctl("restart", "wsd:*")},
	{name: "restart httpd:* wsd:*", inject: ctl("restart", "httpd:*", "wsd:*")}, // all, on a VM
	{name: "restart all", inject: ctl("restart", "all")},
	{name: "reload nginx", inject: ctl("signal", "HUP", "nginx"), settle: time.Second, keeps: []string{"nginx"}},
	{name: "restart nginx", inject: ctl("restart", "nginx")},
	{name: "pause redis", inject: pauseRedis},
}

func findFault(name string) (fault, bool) {
	i := slices.IndexFunc(faults, func(f fault) bool { return f.name == name })
	if i >= 0 {
		return faults[i], true
	}
	return fault{name: name}, name == kindCut || name == kindSilence
}

func processFaults() (names []string) {
	for _, f := range faults {
		names = append(names, f.name)
	}
	return names
}

func faultNames() []string { return append(processFaults(), kindCut, kindSilence) }

// kill sends a signal to one of the processes, without supervisord.
func kill(sig syscall.Signal, processes ...string) injection {
	return func(ctx context.Context, s *stack.Stack, random *rand.Rand) (string, error) {
		name := processes[random.IntN(len(processes))]
		if _, err := s.Kill(ctx, name, sig); err != nil {
			return "not running: " + name, nil // after the fault before
		}
		return "", nil
	}
}

func ctl(args ...string) injection {
	return func(ctx context.Context, s *stack.Stack, _ *rand.Rand) (string, error) {
		_, err := s.Ctl(ctx, args...)
		return "", err
	}
}

func oneByOne(processes []string) injection {
	return func(ctx context.Context, s *stack.Stack, _ *rand.Rand) (string, error) {
		for _, name := range processes {
			if _, err := s.Ctl(ctx, "restart", name); err != nil {
				return "", err
			}
		}
		return "", nil
	}
}

// pauseRedis stops Redis for one to five seconds.
func pauseRedis(ctx context.Context, s *stack.Stack, random *rand.Rand) (string, error) {
	pid, err := s.Kill(ctx, "redis", syscall.SIGSTOP)
	if err != nil {
		return "not running: redis", nil
	}
	defer syscall.Kill(pid, syscall.SIGCONT)
	guest.Pause(ctx, time.Second+upTo(random, 4*time.Second))
	return "", nil
}
