package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"chatter/supervisor/run/stack"
)

// up starts the stack in a directory and leaves it running.
func up(ctx context.Context, c config, out io.Writer) error {
	s, err := stack.Attach(c.Dir)
	switch {
	case err != nil:
		s, err = stack.Start(ctx, stack.Options{Dir: c.Dir, Port: c.Port, Bin: c.Bin, Detach: true})
		if errors.Is(err, stack.ErrPortInUse) {
			return fmt.Errorf("%w; choose another one: PORT=9000 make up", err)
		}
		if err != nil {
			return err
		}
	case s.Addr() != c.addr():
		return fmt.Errorf("the stack runs already, at %s: make down first", s.URL())
	default:
		fmt.Fprintln(out, "It runs already.")
	}
	if files := stack.OpenFiles(); files < stack.MaxFiles {
		fmt.Fprintf(out, "nginx and the services may open %d files here and not %d: raise the hard limit (ulimit -Hn) to hold more guests\n", files, stack.MaxFiles)
	}
	fmt.Fprintf(out, "Chatter is at    %s\nlook after it    %s status\nstop it          make down\n", s.URL(), s.CtlLine())
	return nil
}

// down stops the stack that up started. Its data stays.
func down(ctx context.Context, c config, out io.Writer) error {
	if err := stack.StopIn(ctx, c.Dir); err != nil {
		return err
	}
	fmt.Fprintln(out, "Nothing of Chatter runs in", c.Dir, "any more.")
	return nil
}
