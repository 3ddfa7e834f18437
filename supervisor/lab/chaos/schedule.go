package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"chatter/supervisor/lab/guest"
)

// deck deals kinds in random order, each kind once before any kind comes twice.
type deck struct {
	random *rand.Rand
	kinds  []string
	left   []string
}

func (d *deck) deal() string {
	if len(d.left) == 0 {
		d.left = slices.Clone(d.kinds)
		d.random.Shuffle(len(d.left), func(i, j int) { d.left[i], d.left[j] = d.left[j], d.left[i] })
	}
	kind := d.left[0]
	d.left = d.left[1:]
	return kind
}

// between waits for a time that is partly random, at least for least. It reports whether ctx
// goes on, and there are kinds to deal.
func (d *deck) between(ctx context.Context, least, extra time.Duration) bool {
	return len(d.kinds) > 0 && guest.Pause(ctx, least+upTo(d.random, extra))
}

func upTo(random *rand.Rand, longest time.Duration) time.Duration {
	return time.Duration(random.Int64N(int64(longest)))
}

// chosen returns the kinds that --faults names; all without it.
func (c config) chosen(all ...string) []string {
	return slices.DeleteFunc(all, func(kind string) bool { return len(c.Faults) > 0 && !slices.Contains(c.Faults, kind) })
}

// harmProcesses injects one fault after another into the processes until ctx ends.
func (t *trial) harmProcesses(ctx context.Context, random *rand.Rand) error {
	d := deck{random: random, kinds: t.config.chosen(processFaults()...)}
	// The end of ctx must not end a supervisorctl between stopping and starting a process.
	whole := context.WithoutCancel(ctx)
	for d.between(ctx, t.config.Calm+500*time.Millisecond, 2*time.Second) {
		f, _ := findFault(d.deal())
		before := t.pids(whole, f.keeps)
		index := t.faults.add(f.name, time.Now())
		note, err := f.inject(whole, t.stack, random)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		guest.Pause(ctx, f.settle)
		if after := t.pids(whole, f.keeps); !slices.Equal(before, after) {
			note = fmt.Sprintf("process ids were %v, are %v", before, after)
		}
		t.faults.annotate(index, note)
	}
	return nil
}

// pids returns the ids of processes, 0 for one that does not run.
func (t *trial) pids(ctx context.Context, processes []string) []int {
	ids := make([]int, len(processes))
	for i, name := range processes {
		ids[i], _ = t.stack.Pid(ctx, name)
	}
	return ids
}

// harmNetwork cuts and silences a few clients at a time until ctx ends, at the same time as
// harmProcesses.
func (t *trial) harmNetwork(ctx context.Context, random *rand.Rand) {
	longest := min(40*time.Second, t.config.Duration/5)
	t.network = make(map[string]int)
	d := deck{random: random, kinds: t.config.chosen(kindCut, kindSilence)}
	for d.between(ctx, 500*time.Millisecond, 3*time.Second) {
		kind := d.deal()
		t.network[kind]++
		for range 1 + random.IntN(max(1, len(t.clients)/20)) {
			c := t.clients[random.IntN(len(t.clients))]
			now := time.Now()
			switch {
			case len(c.proxy.all()) == 0: // It waits for its next attempt and would not notice.
			case kind == kindCut:
				c.cutBy.Store(&kindCut)
				c.proxy.cut(random.IntN(2) == 0)
			case c.silentSince.CompareAndSwap(nil, &now):
				c.cutBy.Store(&kindSilence)
				c.proxy.silence(time.Second+upTo(random, longest), random.IntN(2) == 0)
			}
		}
	}
}
