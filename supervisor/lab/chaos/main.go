// Chaos has many guests talk through the real stack while its parts are killed, stopped,
// reloaded and cut off by a seeded schedule. Then it checks that each acked message is in the
// log once, in the order in which it was said, and that each guest has seen the whole log in
// its order, or was told of a gap with a reason.
//
//	make chaos
//	DURATION=30s SEED=7 make chaos
//	FAULTS='hup wsd,hup httpd' CALM=6s DURATION=1m make chaos
//	DURATION=30m make soak
//
// A soak has no faults. Its guests come and go all the time, and the memory, goroutines and
// descriptors of the services must not grow.
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

// config is the values of the flags.
type config struct {
	Duration      time.Duration // of the faults; the start and the drain take more time
	Seed          uint64
	Guests, Rooms int
	Rate          float64 // messages a second, all guests together
	Faults        []string
	Calm          time.Duration // between two faults, at least
	Soak          bool          // no faults, but guests who come and go
	Stay          time.Duration // of a soak's guest on a page, on average
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
	flags.StringVar(&c.Bin, "bin", "", "directory of httpd and wsd; built from the workspace if empty")
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

var (
	errBroken = errors.New("a guarantee is broken")
	errLeak   = errors.New("a service grows")
)

func run(ctx context.Context, args []string, out io.Writer) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	t, err := conduct(ctx, c, out)
	if err != nil {
		return err
	}
	t.print(out)
	if len(t.verdict.findings) == 0 {
		if !t.usage.flat() {
			return errLeak
		}
		return nil
	}
	fmt.Fprint(out, t.logs)
	path := filepath.Join(c.Transcripts, fmt.Sprintf("chatter-chaos-%d-%d.txt", c.Seed, os.Getpid()))
	if err := t.writeTranscripts(path); err != nil {
		return errors.Join(errBroken, err)
	}
	return fmt.Errorf("%w: transcripts are in %s", errBroken, path)
}
