// Command chatterctl is the operator's command. It asks a running httpd over its admin
// socket, so it needs neither the address of Redis nor the secret.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1 // the order was not carried out, or a promise is in danger
	exitUsage  = 2 // the command line is wrong
)

// command is one command of chatterctl.
type command struct {
	name string
	args string // as help shows them
	help string
	// run gets an argument for each word of args, and returns the text to print. A word in
	// brackets may be left out, and is given as it stands. "[X...]" is any number.
	run func(ctx context.Context, s *site, args []string) (string, error)
	// own is in place of run for a command that reads its arguments itself. It returns the exit code.
	own func(ctx context.Context, s *site, args []string, stdout, stderr io.Writer) int
}

// commands are shown by help in this order.
var commands = []command{
	status,
	remove, empty, mute, hide, hideRoom, orders, lift,
	moderator, reports, reload,
	setUp, examine, backup, restore,
}

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s := &site{stdout: stdout}
	fs := flag.NewFlagSet("chatterctl", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&s.dir, "dir", defaultDir, "")
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp), err == nil && fs.NArg() > 0 && fs.Arg(0) == "help":
		fmt.Fprint(stdout, usage())
		return exitDone
	case err != nil:
		return misused(stderr, "%v", err)
	case fs.NArg() == 0:
		return misused(stderr, "no command is given")
	}
	for _, c := range commands {
		if c.name != fs.Arg(0) {
			continue
		}
		if c.own != nil {
			return c.own(ctx, s, fs.Args()[1:], stdout, stderr)
		}
		if given := fs.Args()[1:]; fits(c.args, given) {
			return perform(ctx, s, c, given, stdout, stderr)
		}
		return misused(stderr, "use: chatterctl %s %s (a name with spaces is put in quotes)", c.name, c.args)
	}
	return misused(stderr, "there is no command %q", fs.Arg(0))
}

func perform(ctx context.Context, s *site, c command, args []string, stdout, stderr io.Writer) int {
	text, err := c.run(ctx, s, args)
	if err != nil {
		fmt.Fprintln(stderr, "chatterctl:", err)
		return exitFailed
	}
	if text != "" {
		fmt.Fprintln(stdout, text)
	}
	return exitDone
}

// fits reports whether arguments are what the words ask for.
func fits(words string, given []string) bool {
	for word := range strings.FieldsSeq(words) {
		if strings.HasSuffix(word, "...]") {
			return true
		}
		if option, may := strings.CutPrefix(word, "["); may {
			if len(given) > 0 && given[0]+"]" == option {
				given = given[1:]
			}
			continue
		}
		if len(given) == 0 {
			return false
		}
		given = given[1:]
	}
	return len(given) == 0
}

func misused(stderr io.Writer, format string, args ...any) int {
	fmt.Fprintf(stderr, "chatterctl: "+format+"\n", args...)
	fmt.Fprintln(stderr, "chatterctl help lists the commands.")
	return exitUsage
}

func usage() string {
	var b strings.Builder
	b.WriteString("chatterctl [--dir DIRECTORY] COMMAND asks a running httpd through its admin socket.\n\n")
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	for _, c := range commands {
		fmt.Fprintf(w, "  %s\t%s\n", strings.TrimSpace(c.name+" "+c.args), c.help)
	}
	w.Flush()
	b.WriteString("\nROOM and NAME are written as on the pages, in quotes if they have spaces.\n")
	b.WriteString("--dir is where the sockets httpd-*.admin.sock are, /run/chatter by default.\n")
	return b.String()
}
