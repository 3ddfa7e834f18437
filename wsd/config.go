package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"chatter/shared/daemon"
	"chatter/shared/redisconn"
)

// config is what the flags and the environment say.
type config struct {
	Listen       string
	Admin        string
	Redis        string
	Prefix       string
	SecretFile   string
	LogFormat    string
	SayRate      float64
	SayBurst     int
	DrainTimeout time.Duration
	PingInterval time.Duration
	PingTimeout  time.Duration
	MaxSockets   int
	Origins      string
	Check        bool
}

// flags binds c to a flag set with the defaults.
func (c *config) flags(out io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet("wsd", flag.ContinueOnError)
	fs.SetOutput(out)
	fs.StringVar(&c.Listen, "listen", "127.0.0.1:8001", "where to serve: `host:port`, unix:/path or fd:N")
	fs.StringVar(&c.Admin, "admin", "", "where to serve health, metrics and profiles, `address` as for --listen; empty for nowhere")
	fs.StringVar(&c.Redis, "redis", "redis://127.0.0.1:6379", "Redis, as a `URL`: redis://, rediss://, unix://, several hosts for a Cluster, ?master_name= for Sentinel")
	fs.StringVar(&c.Prefix, "prefix", "chatter:", "what every Redis key begins with")
	fs.StringVar(&c.SecretFile, "secret-file", "", "`file` with the session keys, one a line: the first signs, all verify")
	fs.StringVar(&c.LogFormat, "log-format", "text", "text or json")
	fs.Float64Var(&c.SayRate, "say-rate", 5, "messages a second that one session may say; 0 for no limit")
	fs.IntVar(&c.SayBurst, "say-burst", 20, "messages that one session may say at once")
	fs.DurationVar(&c.DrainTimeout, "drain-timeout", 8*time.Second, "how long a stop or reload may take to finish what is under way")
	fs.DurationVar(&c.PingInterval, "ping-interval", 20*time.Second, "a socket that is silent for so long is pinged")
	fs.DurationVar(&c.PingTimeout, "ping-timeout", 30*time.Second, "and closed when it stays silent for so long after")
	fs.IntVar(&c.MaxSockets, "max-sockets", 50_000, "how many sockets may be open at once")
	fs.StringVar(&c.Origins, "origins", "", "further `hosts` whose pages may connect, separated by commas; the host itself always may")
	fs.BoolVar(&c.Check, "check", false, "check the configuration and exit")
	return fs
}

// Validate says what is wrong with the configuration, all of it.
func (c *config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if _, err := redisconn.Parse(c.Redis); err != nil {
		bad("--redis: %w", err)
	}
	if c.SecretFile == "" {
		bad("--secret-file (or CHATTER_SECRET_FILE) is missing: httpd and wsd share it to know each other's sessions")
	}
	if c.SayRate < 0 || c.SayRate > 1e6 {
		bad("--say-rate %v: want 0 to 1000000", c.SayRate)
	}
	if c.SayBurst < 1 {
		bad("--say-burst %d: want at least 1", c.SayBurst)
	}
	if c.PingInterval < time.Second {
		bad("--ping-interval %v: want at least 1s", c.PingInterval)
	}
	if c.PingTimeout < time.Second {
		bad("--ping-timeout %v: want at least 1s", c.PingTimeout)
	}
	if c.DrainTimeout <= 0 {
		bad("--drain-timeout %v: want more than 0", c.DrainTimeout)
	}
	if c.MaxSockets < 1 {
		bad("--max-sockets %d: want at least 1", c.MaxSockets)
	}
	return errors.Join(errs...)
}

func parseConfig(args []string, getenv func(string) string, out io.Writer) (*config, error) {
	c := new(config)
	if err := daemon.ParseFlags(c.flags(out), args, getenv); err != nil {
		return nil, err
	}
	return c, c.Validate()
}
