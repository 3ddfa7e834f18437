//go:build linux

// Bench measures what Chatter costs: the real services on a real Redis, configured as they
// are shipped except for the settings that wsd/PERFORMANCE.md lists. In the same run, by turns, it measures a floor
// that does only the system calls (package floor).
//
//	make bench
//	make bench-quick
//	make bench ARGS="--only W2 --against DIR --runs 7"
//
// The last command compares two builds: DIR holds httpd and wsd of another commit. All sides
// get the same load, and every second turn measures them in reverse order.
//
// Machines differ and their speed drifts, so ratios and processor time matter more than the
// clock. The load generator checks while it measures: a message that is lost, doubled or out
// of order ends the run with an error.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"chatter/supervisor/lab/bench/floor"
	"chatter/supervisor/run/services"
)

func main() {
	if len(os.Args) == 4 && os.Args[1] == floorCommand {
		fmt.Fprintln(os.Stderr, "floor:", floor.Serve(os.Args[2], os.Args[3]))
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// floorCommand makes this program a floor.
const floorCommand = "floor"

// config is the values of the flags.
type config struct {
	quick                    bool
	runs                     int
	only, json, bin, against string
}

func parse(args []string, out io.Writer) (c config, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.BoolVar(&c.quick, "quick", false, "one short turn of everything; too short to judge by")
	flags.IntVar(&c.runs, "runs", 3, "turns of each measurement")
	flags.StringVar(&c.only, "only", "", "only the rows whose names begin with this")
	flags.StringVar(&c.json, "json", "", "write the values of all turns to this file")
	flags.StringVar(&c.bin, "bin", "", "directory that holds httpd and wsd; empty to build them")
	flags.StringVar(&c.against, "against", "", "directory that holds httpd and wsd of another commit, to compare with")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if flags.NArg() > 0 {
		return c, fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	if c.quick {
		c.runs = 1
	}
	if c.runs < 1 {
		return c, fmt.Errorf("--runs is %d, want at least 1", c.runs)
	}
	return c, nil
}

// run prints the table to out, and the progress to progress.
func run(ctx context.Context, args []string, out, progress io.Writer) error {
	c, err := parse(args, out)
	if err != nil {
		return err
	}
	chosen := slices.DeleteFunc(scenarios(c.quick), func(sc scenario) bool { return !strings.HasPrefix(sc.name, c.only) })
	if len(chosen) == 0 {
		return fmt.Errorf("--only: no row's name begins with %q", c.only)
	}
	b := &bench{ctx: ctx, begun: time.Now(), progress: progress, pageSizes: make(map[string]int)}
	if b.dir, err = os.MkdirTemp("", "chatter-bench"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if err := services.EnsureSecret(b.secret()); err != nil {
		return err
	}
	if c.bin == "" {
		c.bin = filepath.Join(b.dir, "bin")
		if err := services.Build(ctx, c.bin); err != nil {
			return err
		}
	}
	sides := []side{{name: "Chatter", bin: c.bin}, {name: "floor"}}
	if c.against != "" {
		sides = append([]side{{name: "before", bin: c.against}}, sides...)
	}
	rows, err := b.measure(chosen, sides, c.runs)
	printRows(out, rows)
	fmt.Fprintf(out, "\n%s%d deliveries checked. Medians of %d turns, %.0f s, %d cores.\n", legend,
		b.delivered, c.runs, time.Since(b.begun).Seconds(), runtime.NumCPU())
	if err != nil || c.json == "" {
		return err
	}
	text, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.json, append(text, '\n'), 0o644)
}
