// Command run starts Chatter in one of three ways:
//
//	run        needs only Go (`make run`): both services as processes, a Redis inside this
//	           process and a proxy that routes as nginx does; no data stays
//	run up     starts the stack of a VM in one directory, without root (`make up`); the stack
//	           runs on when the command has ended
//	run down   stops that stack (`make down`); its data stays
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A second signal ends this process and the services at once.
	context.AfterFunc(ctx, stop)
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "run:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	command := "local"
	if len(args) > 0 && (args[0] == "up" || args[0] == "down") {
		command, args = args[0], args[1:]
	}
	c, err := parseConfig(command, args, getenv, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	switch command {
	case "up":
		return up(ctx, c, stdout)
	case "down":
		return down(ctx, c, stdout)
	}
	return local(ctx, c, stderr)
}
