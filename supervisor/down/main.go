// Down stops the stack that Up started, for `make down`. Its data stays.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"chatter/supervisor/stack"
)

func main() {
	dir := flag.String("dir", ".run", "where everything is kept")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := stack.StopIn(ctx, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "down:", err)
		os.Exit(1)
	}
	fmt.Println("Nothing of Chatter runs in", *dir, "any more.")
}
