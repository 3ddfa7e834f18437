package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
)

// config says how to run.
type config struct {
	Port  int    // of the front on 127.0.0.1
	Redis string // as the services' --redis takes it; "" = the one inside this process
	Bin   string // where httpd and wsd are; "" = built from the workspace
}

func parseConfig(args []string, getenv func(string) string, stderr io.Writer) (config, error) {
	c := config{Port: 8080}
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(stderr)
	if text := getenv("PORT"); text != "" {
		port, err := strconv.Atoi(text)
		if err != nil {
			return config{}, fmt.Errorf("PORT=%q is not a number", text)
		}
		c.Port = port
	}
	flags.IntVar(&c.Port, "port", c.Port, "where to listen on 127.0.0.1 (or PORT)")
	flags.StringVar(&c.Redis, "redis", getenv("CHATTER_REDIS"), "a Redis of your own (or CHATTER_REDIS)")
	flags.StringVar(&c.Bin, "bin", "", "a directory with httpd and wsd, instead of building them")
	if err := flags.Parse(args); err != nil {
		return config{}, err
	}
	if flags.NArg() > 0 {
		return config{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return c, c.Validate()
}

// Validate says what is wrong with c, if anything.
func (c config) Validate() error {
	if c.Port < 0 || c.Port > 65535 {
		return errors.New("the port must be between 0 and 65535")
	}
	return nil
}

func (c config) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Port)) }
