package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
)

// config is the values of a command's flags.
type config struct {
	Port  int    // on 127.0.0.1
	Bin   string // directory of httpd and wsd; "" = built from the workspace
	Redis string // as the services' --redis takes it; "" = the one inside this process
	Dir   string // of the stack that `up` starts
	// PresenceEvery is the services' --presence-every. It is short, so that a newcomer sees
	// the lists change.
	PresenceEvery string
}

func parseConfig(command string, args []string, getenv func(string) string, stderr io.Writer) (c config, err error) {
	if c.PresenceEvery = getenv("CHATTER_PRESENCE_EVERY"); c.PresenceEvery == "" {
		c.PresenceEvery = "10s"
	}
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	flags.SetOutput(stderr)
	if command == "local" {
		flags.StringVar(&c.Redis, "redis", getenv("CHATTER_REDIS"), "a Redis of your own (or CHATTER_REDIS)")
	} else {
		flags.StringVar(&c.Dir, "dir", ".run", "directory of the stack")
	}
	if command != "down" {
		c.Port = 8080
		if text := getenv("PORT"); text != "" {
			if c.Port, err = strconv.Atoi(text); err != nil || c.Port == 0 {
				return c, fmt.Errorf("PORT=%q is not a port", text)
			}
		}
		flags.IntVar(&c.Port, "port", c.Port, "where to listen on 127.0.0.1 (or PORT)")
		flags.StringVar(&c.Bin, "bin", "", "a directory with httpd and wsd, instead of building them")
	}
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if flags.NArg() > 0 {
		return c, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if c.Port < 0 || c.Port > 65535 {
		return c, fmt.Errorf("the port is %d, want at most 65535", c.Port)
	}
	return c, nil
}

func (c config) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Port)) }
