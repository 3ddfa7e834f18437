// Chaos has many guests talk through the real stack while its parts are killed, stopped,
// reloaded and cut off by a seeded schedule. Then it checks that each acked message is in the
// log once, in the order in which it was said, and that each guest has seen the whole log in
// its order, or was told of a gap with a reason.
//
//	make chaos
//	DURATION=30s SEED=7 make chaos
//	FAULTS='hup wsd,hup httpd' CALM=6s DURATION=1m make chaos
//	DURATION=30m make soak
//	EACH=20s ONLY=flood,names make attack
//
// A soak has no faults. Its guests come and go all the time, and the memory, goroutines and
// descriptors of the services must not grow.
//
// With --attack clients attack the site (package attack) instead, one kind of attack after the
// other. Then no guest may be refused either, or be told of a gap. Attackers and guests share
// the machine with the site, so the times of the acks compare attacks with each other and with
// the row "no fault", not with another machine.
//
// A guest that is cut off again and again waits longer and longer before it comes back. With
// CALM guests recover before the next fault, which shows the cost of one fault.
//
// Chaos knows the site as guests do, the processes from supervisor/run/stack, and the log from
// shared/roomlog, so that an error of wsd cannot hide in the log that it shows.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

// config is the values of the flags.
type config struct {
	Duration      time.Duration // of the faults; the start and the drain take more time
	Seed          uint64
	Guests, Rooms int
	Rate          float64       // messages a second, all guests together
	Only          []string      // kinds of faults or attacks; nil = all
	Calm          time.Duration // between two faults, at least
	Soak          bool          // no faults, but guests who come and go
	Stay          time.Duration // of a soak's guest on a page, on average
	Attack        bool          // no faults, but attacks
	Each          time.Duration // how long an attack lasts
	Bin           string        // directory of the services; "" = built from the workspace
	Transcripts   string        // directory for the transcripts of a failure
}

func parse(args []string) (config, error) {
	c := config{Seed: rand.Uint64() % 1_000_000}
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.DurationVar(&c.Duration, "duration", 5*time.Minute, "duration of the faults or of the soak")
	flags.Uint64Var(&c.Seed, "seed", c.Seed, "of the schedule")
	flags.IntVar(&c.Guests, "guests", 200, "how many guests")
	flags.IntVar(&c.Rooms, "rooms", 20, "how many rooms")
	flags.Float64Var(&c.Rate, "rate", 100, "messages a second, all guests together")
	flags.DurationVar(&c.Calm, "calm", 0, "least time between two faults in the processes")
	flags.StringVar(&c.Transcripts, "transcripts", os.TempDir(), "directory for the transcripts of a failure")
	flags.BoolVar(&c.Soak, "soak", false, "no faults, but guests who come and go, and a check that the services do not grow")
	flags.DurationVar(&c.Stay, "stay", 15*time.Second, "how long a guest of a soak stays on a page, on average")
	flags.BoolVar(&c.Attack, "attack", false, "no faults, but clients that attack the site")
	flags.DurationVar(&c.Each, "each", 10*time.Second, "how long each attack lasts")
	flags.StringVar(&c.Bin, "bin", "", "directory of httpd and wsd; built from the workspace if empty")
	only := flags.String("faults", "", "only these kinds of faults, or of attacks, separated by commas")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if c.Duration <= 0 || c.Each <= 0 || c.Guests < c.Rooms || c.Rooms < 1 || c.Rate <= 0 || c.Stay <= 0 {
		return c, errors.New("duration, each, rate and stay must be above zero, with a guest for every room")
	}
	kinds := append(faultKinds(), kindCut, kindSilence)
	if c.Attack {
		kinds = attackKinds()
	}
	for kind := range strings.FieldsFuncSeq(*only, func(r rune) bool { return r == ',' }) {
		kind = strings.TrimSpace(kind)
		if !slices.Contains(kinds, kind) {
			return c, fmt.Errorf("no %q; there are %s", kind, strings.Join(kinds, ", "))
		}
		c.Only = append(c.Only, kind)
	}
	return c, nil
}

// chosen returns the kinds that --faults names; all without it.
func (c config) chosen(all []string) []string {
	return slices.DeleteFunc(all, func(kind string) bool { return len(c.Only) > 0 && !slices.Contains(c.Only, kind) })
}

var (
	errBroken  = errors.New("a guarantee is broken")
	errRefused = errors.New("a polite guest was refused or was told of a gap")
	errGrowth  = errors.New("a service grows")
)

func run(ctx context.Context, args []string, out io.Writer) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	return conduct(ctx, c, out)
}
