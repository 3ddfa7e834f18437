package main

import (
	"context"
	"math/rand/v2"
	"syscall"
	"time"

	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/stack"
)

// fault is one kind of fault in the processes.
type fault struct {
	kind   string
	inject injection
}

// injection injects a fault and returns before the stack has recovered.
type injection func(ctx context.Context, s *stack.Stack, random *rand.Rand) error

// Faults in the network of single guests.
const (
	kindCut     = "cut sockets"
	kindSilence = "silent sockets"
)

var (
	httpds = []string{"httpd:httpd_0", "httpd:httpd_1"}
	wsds   = []string{"wsd:wsd_0", "wsd:wsd_1"}
)

// faults are injected one at a time.
var faults = []fault{
	{"kill -9 httpd", kill(syscall.SIGKILL, httpds...)},
	{"kill -9 wsd", kill(syscall.SIGKILL, wsds...)},
	{"kill -9 nginx", kill(syscall.SIGKILL, "nginx")},
	{"kill -9 redis", kill(syscall.SIGKILL, "redis")},
	{"term httpd", kill(syscall.SIGTERM, httpds...)},
	{"term wsd", kill(syscall.SIGTERM, wsds...)},
	{"term redis", kill(syscall.SIGTERM, "redis")},
	{"hup httpd", ctl("signal", "HUP", "httpd:*")},
	{"hup wsd", ctl("signal", "HUP", "wsd:*")},
	{"rolling httpd", oneByOne(httpds)},
	{"rolling wsd", oneByOne(wsds)},
	{"restart httpd:*", ctl("restart", "httpd:*")},
	{"restart wsd:*", ctl("restart", "wsd:*")},
	{"restart httpd:* wsd:*", ctl("restart", "httpd:*", "wsd:*")}, // all, on a VM
	{"restart all", ctl("restart", "all")},
	{"reload nginx", ctl("signal", "HUP", "nginx")},
	{"restart nginx", ctl("restart", "nginx")},
	{"pause redis", pauseRedis},
}

// faultKinds returns the kinds of faults in the processes.
func faultKinds() (kinds []string) {
	for _, f := range faults {
		kinds = append(kinds, f.kind)
	}
	return kinds
}

// kill sends a signal to one of the processes, without supervisord. After the fault before, it
// may not run.
func kill(sig syscall.Signal, processes ...string) injection {
	return func(ctx context.Context, s *stack.Stack, random *rand.Rand) error {
		_, _ = s.Kill(ctx, processes[random.IntN(len(processes))], sig)
		return nil
	}
}

func ctl(args ...string) injection {
	return func(ctx context.Context, s *stack.Stack, _ *rand.Rand) error {
		_, err := s.Ctl(ctx, args...)
		return err
	}
}

func oneByOne(processes []string) injection {
	return func(ctx context.Context, s *stack.Stack, _ *rand.Rand) error {
		for _, name := range processes {
			if _, err := s.Ctl(ctx, "restart", name); err != nil {
				return err
			}
		}
		return nil
	}
}

// pauseRedis stops Redis for one to five seconds.
func pauseRedis(ctx context.Context, s *stack.Stack, random *rand.Rand) error {
	pid, err := s.Kill(ctx, "redis", syscall.SIGSTOP)
	if err != nil {
		return nil // It does not run after the fault before.
	}
	defer syscall.Kill(pid, syscall.SIGCONT)
	guest.Pause(ctx, time.Second+upTo(random, 4*time.Second))
	return nil
}
