// Bench measures what Chatter costs: the real wsd on a real Redis, as they are shipped but
// for the flood limit, against a floor that runs in turn with them in the same minute:
// servers of which nothing is left but the system calls (package floor).
//
//	make bench
//	make bench-quick
//	make bench ARGS="--server 127.0.0.1:8001 --pids 812,790 --secret-file /etc/chatter/secret"
//
// The last one loads a server that already runs, in rooms of its own, which stay there as
// long as any room does.
//
// Machines drift and are shared, so what counts is the ratio, and processor time rather
// than the clock. The load generator checks while it loads: whoever gets a message twice,
// late in the order or not at all is counted, and ends the run with an error.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"chatter/supervisor/services"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == floorCommand {
		fmt.Fprintln(os.Stderr, serveFloor(os.Args[2:]))
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second one ends it at once
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// config is what a run may be told.
type config struct {
	Quick bool
	Runs  int    // of each measurement; the table shows medians
	Only  string // measurements whose name begins with this
	JSON  string // where the table goes as JSON; "" = nowhere
	Sync  string // Redis's appendfsync; "" = as the stack has it
	Bin   string // where httpd and wsd are; "" = built

	// A server that already runs is measured in place of what would be started; "" = none.
	Server     string // where it is
	Pids       string // the processes that it is made of
	SecretFile string // that it verifies sessions with
}

func parse(args []string, out io.Writer) (config, error) {
	var c config
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.BoolVar(&c.Quick, "quick", false, "less of everything, under a minute")
	flags.IntVar(&c.Runs, "runs", 3, "how often each thing is measured")
	flags.StringVar(&c.Only, "only", "", "only what is measured under names that begin so")
	flags.StringVar(&c.JSON, "json", "", "write the table to this file too")
	flags.StringVar(&c.Sync, "appendfsync", "", "Redis's; empty for what the stack has")
	flags.StringVar(&c.Bin, "bin", "", "where httpd and wsd are; empty to build them")
	flags.StringVar(&c.Server, "server", "", "the delivery work-loads on a wsd that already runs, with --say-rate 0, or on an nginx before it: IPv4:PORT or unix:/path")
	flags.StringVar(&c.Pids, "pids", "", "the processes of --server whose CPU and memory count, separated by commas: wsd, its Redis, nginx and each worker of it")
	flags.StringVar(&c.SecretFile, "secret-file", "", "that of --server, to sign a guest in with")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if flags.NArg() > 0 {
		return c, fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	if c.Runs < 1 {
		return c, fmt.Errorf("--runs is %d, want at least 1", c.Runs)
	}
	if c.Quick {
		c.Runs = 1
	}
	return c, nil
}

// run prints the table to out, and to progress what is being measured.
func run(ctx context.Context, args []string, out, progress io.Writer) error {
	begun := time.Now()
	c, err := parse(args, out)
	if err != nil {
		return err
	}
	l := lab{ctx: ctx, bin: c.Bin, sync: c.Sync, checked: new(checked), rough: c.Quick}
	chosen := c.chosen()
	if len(chosen) == 0 {
		return fmt.Errorf("nothing is measured%s under %q", map[bool]string{true: " of a server that already runs"}[c.Server != ""], c.Only)
	}
	if l.running, err = c.runningServer(ctx); err != nil {
		return err
	}
	if l.running == nil {
		if l.programs, err = programsFor(chosen, systemPath); err != nil {
			return err
		}
	}
	if c.Bin == "" && l.running == nil {
		if l.bin, err = os.MkdirTemp("", "chatter-bench"); err != nil {
			return err
		}
		defer os.RemoveAll(l.bin)
		if err := services.Build(ctx, l.bin); err != nil {
			return err
		}
	}
	var rows []row
	for _, b := range chosen {
		fmt.Fprintf(progress, "%4.0f s: %s\n", time.Since(begun).Seconds(), b.name)
		var measured []row
		if measured, err = b.measure(l, c); err != nil {
			err = fmt.Errorf("%s: %w", b.name, err)
			break
		}
		for _, r := range measured {
			r.Name = b.name
			rows = append(rows, r)
		}
	}
	took := time.Since(begun)
	printRows(out, rows)
	fmt.Fprintf(out, "\n%s%s.\nmedians of %d turns, %.0f s, %d cores\n", legend, l.checked, c.Runs, took.Seconds(), runtime.NumCPU())
	if err != nil || c.JSON == "" {
		return err
	}
	return report{c.Quick, c.Runs, runtime.NumCPU(), took.Seconds(), *l.checked, rows}.write(c.JSON)
}

// chosen are the measurements that the flags ask for.
func (c config) chosen() (chosen []bench) {
	for _, b := range benches {
		if strings.HasPrefix(b.name, c.Only) && (c.Server == "" || b.anywhere) {
			chosen = append(chosen, b)
		}
	}
	return chosen
}
