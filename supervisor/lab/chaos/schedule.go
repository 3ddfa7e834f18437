package main

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"chatter/supervisor/lab/guest"
)

// deal yields kinds in random order, each kind once before any kind comes twice.
func deal(random *rand.Rand, kinds []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for len(kinds) > 0 {
			for _, i := range random.Perm(len(kinds)) {
				if !yield(kinds[i]) {
					return
				}
			}
		}
	}
}

func upTo(random *rand.Rand, longest time.Duration) time.Duration {
	return time.Duration(random.Int64N(int64(longest)))
}

// injectFaults injects faults into the processes and into the network for the time of the
// trial.
func (t *trial) injectFaults(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, t.config.Duration)
	defer cancel()
	var network sync.WaitGroup
	network.Go(func() { t.harmNetwork(ctx, t.random(1)) })
	err := t.harmProcesses(ctx, t.random(2))
	if err != nil {
		cancel()
	}
	network.Wait()
	return err
}

// harmProcesses injects one fault after another into the processes until ctx ends.
func (t *trial) harmProcesses(ctx context.Context, random *rand.Rand) error {
	for kind := range deal(random, t.config.chosen(faultKinds())) {
		if !guest.Pause(ctx, t.config.Calm+500*time.Millisecond+upTo(random, 2*time.Second)) {
			return nil
		}
		t.faults.add(kind)
		i := slices.IndexFunc(faults, func(f fault) bool { return f.kind == kind })
		// The end of ctx must not end a supervisorctl between stopping and starting a process.
		if err := faults[i].inject(context.WithoutCancel(ctx), t.stack, random); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

// harmNetwork cuts and silences a few clients at a time until ctx ends.
func (t *trial) harmNetwork(ctx context.Context, random *rand.Rand) {
	longest := min(40*time.Second, t.config.Duration/5)
	for kind := range deal(random, t.config.chosen([]string{kindCut, kindSilence})) {
		if !guest.Pause(ctx, 500*time.Millisecond+upTo(random, 3*time.Second)) {
			return
		}
		t.faults.add(kind)
		for range 1 + random.IntN(max(1, len(t.clients)/20)) {
			c := t.clients[random.IntN(len(t.clients))]
			c.harm(kind, time.Second+upTo(random, longest), random.IntN(2) == 0)
		}
	}
}
