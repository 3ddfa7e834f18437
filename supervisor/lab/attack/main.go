// Attack has polite guests talk through the real stack while clients attack it, one kind of
// attack after the other. It prints what each attack achieved and what the polite guests
// noticed. It fails if a polite guest lost a message or was refused.
//
//	make attack
//	EACH=20s ONLY=flood,names make attack
//
// The answer `unavailable` is no refusal, because a machine that is slow for a moment gives
// it, too. Attackers and guests share the machine with the site, so the times of the acks
// compare attacks with each other and with the row "none", not with another machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"chatter/supervisor/run/stack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		os.Exit(1)
	}
}

// config is the values of the flags.
type config struct {
	Each          time.Duration // how long each attack lasts
	Guests, Rooms int           // polite ones, and where they talk
	Rate          float64       // messages a second, all polite guests together
	Only          []string      // attacks; nil = all
	Bin           string        // directory of the services; "" = built from the workspace
}

func parse(args []string) (config, error) {
	var c config
	flags := flag.NewFlagSet("attack", flag.ContinueOnError)
	flags.DurationVar(&c.Each, "each", 10*time.Second, "how long each attack lasts")
	flags.IntVar(&c.Guests, "guests", 200, "how many polite guests")
	flags.IntVar(&c.Rooms, "rooms", 20, "in how many rooms they talk")
	flags.Float64Var(&c.Rate, "rate", 20, "messages a second, all polite guests together")
	flags.StringVar(&c.Bin, "bin", "", "directory of httpd and wsd; built from the workspace if empty")
	only := flags.String("only", "", "only these attacks, separated by commas")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if c.Each <= 0 || c.Rooms < 1 || c.Guests < c.Rooms || c.Rate <= 0 {
		return c, errors.New("each and rate must be above zero, with a guest for every room")
	}
	for _, name := range strings.FieldsFunc(*only, func(r rune) bool { return r == ',' }) {
		if !slices.Contains(attackNames(), name) {
			return c, fmt.Errorf("no attack %q; there are %s", name, strings.Join(attackNames(), ", "))
		}
		c.Only = append(c.Only, name)
	}
	return c, nil
}

var errHarmed = errors.New("a polite guest lost a message or was refused")

func run(ctx context.Context, args []string, out io.Writer) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "chatter")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	raiseDescriptors()
	s, err := stack.Start(ctx, stack.Options{Dir: filepath.Join(dir, "attack"), Bin: c.Bin, Env: []string{"CHATTER_PRESENCE_EVERY=2s"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop(context.WithoutCancel(ctx))) }()
	crowd, err := gather(ctx, s, c)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, stack.LogEnds(s.Dir()))
	}
	defer crowd.leave()
	harmed := false
	fmt.Fprint(out, tableHead)
	for i, a := range append([]attack{{"none", nil}}, attacks...) {
		if c.Only != nil && a.do != nil && !slices.Contains(c.Only, a.name) {
			continue
		}
		row, err := conduct(ctx, s, crowd, a, i, c.Each)
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", a.name, err, stack.LogEnds(s.Dir()))
		}
		fmt.Fprint(out, row)
		harmed = harmed || row.harmed()
	}
	if harmed {
		return fmt.Errorf("%w\n%s", errHarmed, stack.LogEnds(s.Dir()))
	}
	return nil
}

// conduct carries out one attack and says what came of it.
func conduct(ctx context.Context, s *stack.Stack, crowd *crowd, a attack, number int, each time.Duration) (row, error) {
	watch := newMemory(ctx, s)
	before := crowd.begin()
	attacked, cancel := context.WithTimeout(ctx, each)
	defer cancel()
	achieved := ""
	if a.do != nil {
		achieved = a.do(newAttacker(s, crowd, number), attacked)
	}
	<-attacked.Done()
	r := row{attack: a.name, achieved: achieved, memory: watch.stop()}
	upTo, err := crowd.settle(ctx)
	r.noticed = crowd.noticed(before, upTo)
	return r, err
}
