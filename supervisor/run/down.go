package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"chatter/supervisor/run/stack"
)

// down stops the stack that up started. Its data stays.
func down(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("down", flag.ContinueOnError)
	dir := flags.String("dir", ".run", "where everything is kept")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := stack.StopIn(ctx, *dir); err != nil {
		return err
	}
	fmt.Fprintln(out, "Nothing of Chatter runs in", *dir, "any more.")
	return nil
}
