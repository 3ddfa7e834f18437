// Chaos has many guests talk through the real stack while its parts are killed, stopped,
// reloaded and cut off by a seeded schedule, and then counts: every message that was
// acked must stand in the log once, in the order in which it was said, and everybody must
// have seen the whole log in its one order, or have been told of a gap that there was.
//
//	make chaos
//	DURATION=30s SEED=7 make chaos
//	FAULTS='hup wsd,hup httpd' CALM=6s DURATION=1m make chaos
//	DURATION=30m make soak
//
// A soak has no faults: its guests come and go all the time, and what the services hold
// (memory, goroutines, descriptors) must be flat.
//
// Guests who are cut off again and again wait longer and longer before they come back;
// CALM lets them settle, to see what one fault costs.
//
// It knows the site as guests do, the processes by supervisor/run/stack, and the log itself
// by shared/roomlog, so that what wsd says of the log is not taken for the log.
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
	"path/filepath"
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

// config is what a run may be told.
type config struct {
	Duration      time.Duration // of the faults; the start and the drain come on top
	Seed          uint64
	Guests, Rooms int
	Rate          float64 // messages a second, all guests together
	Faults        []string
	Calm          time.Duration // between two faults, at least
	Soak          bool          // no faults, but guests who come and go
	Stay          time.Duration // of a soak's guest on a page, on average
	Bin           string        // where the services are; "" = built from the workspace
	Transcripts   string        // the folder for what is needed to understand a failure
}

func parse(args []string) (config, error) {
	c := config{Seed: rand.Uint64() % 1_000_000}
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.DurationVar(&c.Duration, "duration", 5*time.Minute, "how long faults, or a soak, go on")
	flags.Uint64Var(&c.Seed, "seed", c.Seed, "of the schedule and of what is said")
	flags.IntVar(&c.Guests, "guests", 200, "how many guests")
	flags.IntVar(&c.Rooms, "rooms", 20, "how many rooms")
	flags.Float64Var(&c.Rate, "rate", 200, "messages a second, all guests together")
	flags.DurationVar(&c.Calm, "calm", 0, "how long nothing happens to the processes between two faults, at least")
	flags.StringVar(&c.Transcripts, "transcripts", os.TempDir(), "where the transcripts of a failure go")
	flags.BoolVar(&c.Soak, "soak", false, "no faults, but guests who come and go, and a look at what the services hold")
	flags.DurationVar(&c.Stay, "stay", 15*time.Second, "how long a guest of a soak stays on a page, on average")
	flags.StringVar(&c.Bin, "bin", "", "where httpd and wsd are, if not to be built from the workspace")
	faults := flags.String("faults", "", "only these kinds, separated by commas")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if c.Duration <= 0 || c.Guests < c.Rooms || c.Rooms < 1 || c.Rate <= 0 || c.Stay <= 0 {
		return c, errors.New("duration, rate and stay must be above zero, with a guest for every room")
	}
	for _, name := range strings.FieldsFunc(*faults, func(r rune) bool { return r == ',' }) {
		name = strings.TrimSpace(name)
		if _, known := findFault(name); !known {
			return c, fmt.Errorf("no fault %q; there are %s", name, strings.Join(faultNames(), ", "))
		}
		c.Faults = append(c.Faults, name)
	}
	return c, nil
}

// errBroken says that a guarantee does not hold, errLeak that a service holds more and more.
var (
	errBroken = errors.New("a guarantee is broken")
	errLeak   = errors.New("not flat")
)

func run(ctx context.Context, args []string, out io.Writer) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	play := storm
	if c.Soak {
		play = soak
	}
	r, err := play(ctx, c, out)
	if err != nil {
		return err
	}
	r.print(out)
	if r.verdict.holds() {
		if !r.held.flat() {
			return errLeak
		}
		return nil
	}
	fmt.Fprint(out, r.logs)
	path := filepath.Join(c.Transcripts, fmt.Sprintf("chatter-chaos-%d-%d.txt", c.Seed, os.Getpid()))
	if err := r.writeTranscripts(path); err != nil {
		return errors.Join(errBroken, err)
	}
	return fmt.Errorf("%w: transcripts are in %s", errBroken, path)
}
