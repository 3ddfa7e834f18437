package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"chatter/shared/name"
	"chatter/supervisor/lab/attack"
	"chatter/supervisor/lab/guest"
)

// attackKinds returns the names of the attacks.
func attackKinds() (kinds []string) {
	for _, a := range attack.All {
		kinds = append(kinds, a.Name)
	}
	return kinds
}

// attack has clients attack the site, in one way after the other. The first part of the trial
// is without an attack, to compare with.
func (t *trial) attack(ctx context.Context) error {
	var rooms []name.Room
	for _, record := range t.recorder.rooms {
		rooms = append(rooms, record.room)
	}
	t.attackFor(ctx, calm, func(context.Context) string { return "nothing is attacked" })
	for i, a := range attack.All {
		if ctx.Err() == nil && slices.Contains(t.config.chosen(attackKinds()), a.Name) {
			t.attackFor(ctx, a.Name, func(ctx context.Context) string { return a.Run(ctx, t.stack, rooms, i) })
		}
	}
	return ctx.Err()
}

// attackFor runs an attack for its time, notes the result, and waits until the guests have
// recovered.
func (t *trial) attackFor(ctx context.Context, kind string, run func(context.Context) (achieved string)) {
	t.faults.add(kind)
	bounded, cancel := context.WithTimeout(ctx, t.config.Each)
	defer cancel()
	memory := t.watchMemory(bounded)
	achieved := run(bounded)
	<-bounded.Done()
	t.faults.annotate(fmt.Sprintf("%s; MiB of wsd, httpd and Redis: %s", achieved, <-memory))
	over := time.Now()
	// The verdict contains the messages that are not acked in time.
	_ = t.until(ctx, "all messages are acked", func() bool { return t.allAcked(over) })
}

// watchMemory returns, when ctx has ended, the highest resident memory of the services and of
// Redis, in MiB and without the pages that processes share.
func (t *trial) watchMemory(ctx context.Context) <-chan string {
	found := make(chan string, 1)
	go func() {
		var highest [3]int
		for again := true; again; again = guest.Pause(ctx, 500*time.Millisecond) {
			for i, processes := range [][]string{wsds, httpds, {"redis"}} {
				sum := 0
				for _, process := range processes {
					sum += t.resident(ctx, process)
				}
				highest[i] = max(highest[i], sum)
			}
		}
		found <- fmt.Sprintf("%d, %d, %d", highest[0], highest[1], highest[2])
	}()
	return found
}

// resident returns 0 for a process that does not run.
func (t *trial) resident(ctx context.Context, process string) (mib int) {
	pid, _ := t.stack.Pid(ctx, process)
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, after, _ := strings.Cut(string(text), "RssAnon:")
	var kib int
	_, _ = fmt.Sscan(after, &kib)
	return kib >> 10
}

// refusals returns the answers that a polite guest must not get during an attack, with their
// numbers. A machine that is slow for a moment makes a service unavailable, so that is no
// refusal.
func (t *trial) refusals() (list []string) {
	for kind, m := range t.faults.byKind {
		for outcome, n := range m.pages {
			if !slices.Contains([]string{pageShown, waitingPage, "502", "503", "504"}, outcome) {
				list = append(list, fmt.Sprintf("%s: page %s ×%d", kind, outcome, n))
			}
		}
		for code, n := range m.refusals {
			list = append(list, fmt.Sprintf("%s: message %s ×%d", kind, code, n))
		}
	}
	slices.Sort(list)
	return list
}
