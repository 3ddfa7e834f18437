package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"chatter/supervisor/ctl/internal/admin"
	"chatter/supervisor/ctl/internal/terminal"
)

var status = command{
	name: "status", args: "[--watch]",
	help: "shows guests, rooms, messages, acks, memory and disk; --watch goes on",
	run: func(ctx context.Context, s *site, args []string) (string, error) {
		ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
		if len(args) > 0 {
			return "", s.watch(ctx, 2*time.Second)
		}
		before, err := s.scrape(ctx)
		if err != nil {
			return "", err
		}
		after, err := s.scrapeLater(ctx, time.Second)
		if err != nil {
			return "", err
		}
		if !slices.ContainsFunc(after, func(p sample) bool { return p.silent == "" }) {
			return "", fmt.Errorf("no process answers on its socket in %s:\n%s", s.dir, strings.Join(notes(after), "\n"))
		}
		return screen(before, after), nil
	},
}

// scrapeLater waits before it takes a sample of all processes.
func (s *site) scrapeLater(ctx context.Context, wait time.Duration) ([]sample, error) {
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-time.After(wait):
		return s.scrape(ctx)
	}
}

// watch takes samples and draws a screen for each but the first until ctx ends, which is no
// error.
func (s *site) watch(ctx context.Context, apart time.Duration) error {
	before, err := s.scrape(ctx)
	for err == nil {
		var after []sample
		if after, err = s.scrapeLater(ctx, apart); err != nil || ctx.Err() != nil {
			break
		}
		if terminal.Is(s.stdout) {
			fmt.Fprintf(s.stdout, "\x1b[H\x1b[2J%s\n", screen(before, after)) // in place of the screen before
		} else {
			fmt.Fprintf(s.stdout, "%s\n\n", screen(before, after))
		}
		before = after
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// sample is what one process tells at one moment.
type sample struct {
	admin.Sample
	process string // such as "wsd-0"
	silent  string // why it does not answer; "" if it does
}

// scrape asks all processes at once.
func (s *site) scrape(ctx context.Context) ([]sample, error) {
	processes, err := s.processes()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	samples := make([]sample, len(processes))
	var asking sync.WaitGroup
	for i, name := range processes {
		asking.Go(func() {
			told, err := admin.Named(s.dir, name).Sample(ctx)
			samples[i] = sample{told, name, reason(err)}
		})
	}
	asking.Wait()
	return samples, nil
}

// program finds how many processes a program of chatter.conf has.
var program = regexp.MustCompile(`(?ms)^\[fcgi-program:(\w+)\].*?^numprocs=(\d+)`)

// processes returns the names of all processes: of those that have a socket, and of those that
// supervisor's file asks for.
func (s *site) processes() ([]string, error) {
	processes, errFind := s.find("")
	var names []string
	for _, p := range processes {
		names = append(names, p.Name)
	}
	programs := programsFile
	if s.dir != defaultDir {
		programs = filepath.Join(s.dir, "chatter.conf") // of a stack that an ordinary user runs
	}
	text, err := os.ReadFile(programs)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, m := range program.FindAllStringSubmatch(string(text), -1) {
		n, _ := strconv.Atoi(m[2])
		for i := range n {
			names = append(names, fmt.Sprintf("%s-%d", m[1], i))
		}
	}
	if len(names) == 0 {
		return nil, errFind
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// reason says why a process does not answer, "" without an error.
func reason(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, fs.ErrPermission):
		return "there is no permission to use its socket; run chatterctl as root"
	case errors.Is(err, context.DeadlineExceeded):
		return "it hangs, or the machine is too busy"
	case errors.Is(err, fs.ErrNotExist):
		return "it has no socket; is it started?"
	}
	return "is it running?"
}

// notes returns what is wrong with the processes, each once.
func notes(samples []sample) (found []string) {
	for _, s := range samples {
		lines := s.Lines
		switch {
		case s.silent != "":
			lines = []string{s.process + " does not answer: " + s.silent}
		case !s.Ready:
			lines = []string{s.process + " is not ready: " + strings.Join(s.Lines, "; ")}
		}
		for _, line := range lines {
			if !slices.Contains(found, line) {
				found = append(found, line)
			}
		}
	}
	return found
}
