package main

import (
	"flag"
	"time"

	"chatter/shared/daemon"
	"chatter/shared/parts"
)

// config holds the settings of httpd.
type config struct {
	parts.Config
	Harakiri time.Duration // a request's time limit
}

// flags returns a flag set that is bound to c.
func (c *config) flags() *flag.FlagSet {
	fs := c.Flags("httpd", "127.0.0.1:8000")
	daemon.DurationVar(fs, &c.Harakiri, "harakiri", 10*time.Second, 100*time.Millisecond, time.Hour, "a request's time limit")
	return fs
}
