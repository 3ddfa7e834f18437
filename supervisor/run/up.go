package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"

	"chatter/supervisor/run/stack"
)

// up starts the stack in a directory and leaves it running.
func up(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	dir := flags.String("dir", ".run", "where everything is kept")
	bin := flags.String("bin", "", "where httpd and wsd are; built when empty")
	if err := flags.Parse(args); err != nil {
		return err
	}
	port, err := portFrom(getenv)
	if err != nil {
		return err
	}
	s, err := stack.Attach(*dir)
	switch {
	case err != nil:
		s, err = stack.Start(ctx, stack.Options{Dir: *dir, Port: port, Bin: *bin, Detach: true})
		if errors.Is(err, stack.ErrPortInUse) {
			return fmt.Errorf("%w; choose another one: PORT=9000 make up", err)
		}
		if err != nil {
			return err
		}
	case !hasPort(s, port):
		return fmt.Errorf("the stack runs already, at %s: make down first", s.URL())
	default:
		fmt.Fprintln(out, "It runs already.")
	}
	fmt.Fprintf(out, "Chatter is at    %s\nlook after it    %s status\nstop it          make down\n", s.URL(), s.CtlLine())
	return nil
}

func portFrom(getenv func(string) string) (int, error) {
	text := getenv("PORT")
	if text == "" {
		return 8080, nil
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return 0, fmt.Errorf("PORT=%q is not a port", text)
	}
	return port, nil
}

func hasPort(s *stack.Stack, port int) bool {
	_, p, err := net.SplitHostPort(s.Addr())
	return err == nil && p == strconv.Itoa(port)
}
