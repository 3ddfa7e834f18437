package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"chatter/supervisor/run/stack"
)

// deck deals kinds by chance, but every kind once before any comes twice.
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

// wanted are the kinds of all that are asked for; everything, when nothing is.
func wanted(all, asked []string) []string {
	if len(asked) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(kind string) bool { return !slices.Contains(asked, kind) })
}

// harmProcesses does one harm after another to the processes until ctx ends.
func harmProcesses(ctx context.Context, s *stack.Stack, kinds []string, calm time.Duration, random *rand.Rand, b *blame) error {
	if len(kinds) == 0 {
		return nil
	}
	d := deck{random: random, kinds: kinds}
	for pause(ctx, calm+500*time.Millisecond+time.Duration(random.Int64N(int64(2*time.Second)))) {
		f, _ := findFault(d.deal())
		if err := harm(ctx, s, f, random, b); err != nil {
			return err
		}
	}
	return nil
}

// harmNetwork cuts and silences a few guests every now and then until ctx ends, beside
// what happens to the processes. It returns how often it did each.
func harmNetwork(ctx context.Context, people []*person, kinds []string, longest time.Duration, random *rand.Rand) map[string]int {
	times := map[string]int{}
	if len(kinds) == 0 {
		return times
	}
	d := deck{random: random, kinds: kinds}
	for pause(ctx, 500*time.Millisecond+time.Duration(random.Int64N(int64(3*time.Second)))) {
		kind := d.deal()
		times[kind]++
		for range 1 + random.IntN(max(1, len(people)/20)) {
			p := people[random.IntN(len(people))]
			if len(p.line.all()) == 0 {
				continue // It waits for its next attempt, and would not notice.
			}
			if kind == kindCut {
				p.cutBy.Store(&kindCut)
				p.line.cut(random.IntN(2) == 0)
				continue
			}
			if p.hushed.CompareAndSwap(nil, &hush{time.Now()}) {
				p.cutBy.Store(&kindSilence)
				p.line.silence(time.Second+time.Duration(random.Int64N(int64(longest))), random.IntN(2) == 0)
			}
		}
	}
	return times
}
