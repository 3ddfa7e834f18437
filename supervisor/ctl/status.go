package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

var status = command{
	name: "status", args: "[--watch]",
	help: "shows guests, rooms, messages, acks, memory and disk; --watch goes on",
	run: func(ctx context.Context, s *site, args []string) (string, error) {
		ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
		o := observer{site: s, limit: 5 * time.Second, apart: time.Second}
		if len(args) > 0 {
			o.apart = 2 * time.Second
			return "", o.watch(ctx)
		}
		before, err := o.scrape(ctx, o.limit)
		if err != nil {
			return "", err
		}
		after, err := o.next(ctx)
		if err != nil {
			return "", err
		}
		if none(after) {
			return "", fmt.Errorf("no process answers on its socket in %s:\n%s", s.dir, strings.Join(notes(after), "\n"))
		}
		return screen(before, after), nil
	},
}

// observer shows how the processes change.
type observer struct {
	*site
	limit time.Duration // of one process to answer
	apart time.Duration // between two samples
}

// next waits and takes the next sample of all processes.
func (o observer) next(ctx context.Context) ([]sample, error) {
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-time.After(o.apart):
		return o.scrape(ctx, o.limit)
	}
}

// watch draws a screen for each further sample until ctx ends.
func (o observer) watch(ctx context.Context) error {
	clear := ""
	if isTerminal(o.stdout) {
		clear = "\x1b[H\x1b[2J"
	}
	before, err := o.scrape(ctx, o.limit)
	for err == nil {
		var after []sample
		if after, err = o.next(ctx); err == nil && ctx.Err() == nil {
			fmt.Fprintf(o.stdout, "%s%s\n", clear, screen(before, after))
			if clear == "" {
				fmt.Fprintln(o.stdout)
			}
			before = after
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func none(samples []sample) bool {
	for _, s := range samples {
		if s.silent == "" {
			return false
		}
	}
	return true
}
