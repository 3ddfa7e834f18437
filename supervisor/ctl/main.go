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
	"time"
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
	// run gets the words of the command line, which fit args. It returns the text to print, also
	// beside an error.
	run func(ctx context.Context, s *site, args []string) (string, error)
}

// commands are shown by help in this order.
var commands = []command{
	status,
	remove, empty, mute, hide, hideRoom, orders, lift,
	moderator, reports, reload,
	setUp, examine, backup, restore,
}

// misuse is the error of a wrong command line.
type misuse string

// Error implements error.
func (m misuse) Error() string { return string(m) }

// errInDanger makes the command fail; the text beside it says why.
var errInDanger = errors.New("a promise is in danger")

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	text, err := perform(ctx, args, stdout)
	if text != "" {
		fmt.Fprintln(stdout, text)
	}
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errInDanger):
		return exitFailed
	}
	fmt.Fprintln(stderr, "chatterctl:", err)
	if errors.As(err, new(misuse)) {
		fmt.Fprintln(stderr, "chatterctl help lists the commands.")
		return exitUsage
	}
	return exitFailed
}

// perform runs the command of a command line and returns the text to print.
func perform(ctx context.Context, args []string, stdout io.Writer) (string, error) {
	s := &site{stdout: stdout, patience: 5 * time.Second}
	fs := flag.NewFlagSet("chatterctl", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&s.dir, "dir", defaultDir, "")
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp), err == nil && fs.Arg(0) == "help":
		return usage(), nil
	case err != nil:
		return "", misuse(err.Error())
	case fs.NArg() == 0:
		return "", misuse("no command is given")
	}
	given := fs.Args()[1:]
	for _, c := range commands {
		if c.name != fs.Arg(0) {
			continue
		}
		if len(given) > 0 && (given[0] == "--help" || given[0] == "-h") && c.name != setUp.name {
			return strings.TrimSpace("chatterctl "+c.name+" "+c.args) + ": " + c.help, nil
		}
		if !fits(c.args, given) {
			return "", misuse(fmt.Sprintf("use: chatterctl %s %s (a name with spaces is put in quotes)", c.name, c.args))
		}
		return c.run(ctx, s, given)
	}
	return "", misuse(fmt.Sprintf("there is no command %q", fs.Arg(0)))
}

// fits reports whether arguments are what the words ask for: one for each word. A word in
// brackets may be left out, and is given as it stands. "[X...]" is any number.
func fits(words string, given []string) bool {
	for word := range strings.FieldsSeq(words) {
		if strings.HasSuffix(word, "...]") {
			return true
		}
		optional := strings.HasPrefix(word, "[")
		switch {
		case optional && (len(given) == 0 || "["+given[0]+"]" != word):
			continue
		case len(given) == 0:
			return false
		}
		given = given[1:]
	}
	return len(given) == 0
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
	b.WriteString("--dir is where the sockets httpd-*.admin.sock are, /run/chatter by default.")
	return b.String()
}
