package main

import (
	"flag"
	"fmt"
	"path"
	"time"

	"chatter/shared/daemon"
	"chatter/shared/parts"
)

// config holds the settings of wsd.
type config struct {
	parts.Config
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
	daemon.ListVar(fs, &c.Origins, "origins", parseOrigin, "further hosts (or scheme://host) whose pages may connect, separated by commas; the site itself always may")
	return fs
}

func parseOrigin(pattern string) (string, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return "", fmt.Errorf("%q: %w", pattern, err)
	}
	return pattern, nil
}
