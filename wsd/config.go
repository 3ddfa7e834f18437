package main

import (
	"flag"
	"fmt"
	"path"
	"strings"
	"time"

	"chatter/shared/daemon"
)

// config holds the settings of wsd.
type config struct {
	daemon.Config
	PingInterval time.Duration
	PingTimeout  time.Duration
	MaxSockets   int
	Origins      []string // patterns, as [socket.Options] has them
}

// flags returns a flag set that is bound to c.
func (c *config) flags() *flag.FlagSet {
	fs := c.Flags("wsd", "127.0.0.1:8001")
	daemon.DurationVar(fs, &c.PingInterval, "ping-interval", 20*time.Second, time.Second, time.Hour, "a socket that is silent for so long is pinged")
	daemon.DurationVar(fs, &c.PingTimeout, "ping-timeout", 30*time.Second, time.Second, time.Hour, "a socket that stays silent for so long after is closed")
	daemon.IntVar(fs, &c.MaxSockets, "max-sockets", 50_000, 1, 1e7, "how many sockets may be open at once")
	fs.Var((*origins)(&c.Origins), "origins", "further hosts (or scheme://host) whose pages may connect, separated by commas; the site itself always may")
	return fs
}

// origins is the flag.Value of a list of patterns.
type origins []string

func (o *origins) String() string { return strings.Join(*o, ",") }

func (o *origins) Set(s string) error {
	*o = strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
	for _, pattern := range *o {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("%q: %w", pattern, err)
		}
	}
	return nil
}
