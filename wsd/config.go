package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
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
	daemon.ListenVar(fs, &c.Listen, "listen", "127.0.0.1:8001", "where to serve: host:port, unix:/path or fd:N")
	daemon.ListenVar(fs, &c.Admin, "admin", "", "where to serve health, metrics and profiles, as for --listen; empty for nowhere")
	fs.StringVar(&c.Redis, "redis", "redis://127.0.0.1:6379", "Redis: redis://, rediss:// or unix://, several hosts for a Cluster, ?master_name= for Sentinel")
	daemon.StringVar(fs, &c.Prefix, "prefix", "chatter:", checkPrefix, "what every Redis key begins with; the same for both services")
	fs.StringVar(&c.SecretFile, "secret-file", "", "file with the session keys, one a line: the first signs, all verify")
	daemon.ChoiceVar(fs, &c.LogFormat, "log-format", "text or json", "text", "json")
	daemon.RateVar(fs, &c.SayRate, "say-rate", 5, 1e6, "messages a second that one session may say; 0 for no limit")
	daemon.IntVar(fs, &c.SayBurst, "say-burst", 20, 1, 1e6, "messages that one session may say at once")
	daemon.DurationVar(fs, &c.DrainTimeout, "drain-timeout", daemon.DefaultDrainTimeout, time.Millisecond, time.Hour, "how long a stop or a reload may take to finish what is under way")
	daemon.DurationVar(fs, &c.PingInterval, "ping-interval", 20*time.Second, time.Second, time.Hour, "a socket that is silent for so long is pinged")
	daemon.DurationVar(fs, &c.PingTimeout, "ping-timeout", 30*time.Second, time.Second, time.Hour, "a socket that stays silent for so long after is closed")
	daemon.IntVar(fs, &c.MaxSockets, "max-sockets", 50_000, 1, 1e7, "how many sockets may be open at once")
	fs.StringVar(&c.Origins, "origins", "", "further hosts whose pages may connect, separated by commas; the host itself always may")
	fs.BoolVar(&c.Check, "check", false, "check the configuration, load the secret, and exit")
	return fs
}

// Validate says what is wrong with what could not be checked where it was set:
// something is missing, or (the Redis address) may hold a password, which the
// flag package would print.
func (c *config) Validate() error {
	if _, err := redisconn.Parse(c.Redis); err != nil {
		return fmt.Errorf("--redis (or CHATTER_REDIS): %w", err)
	}
	if c.SecretFile == "" {
		return errors.New("--secret-file (or CHATTER_SECRET_FILE) is missing: httpd and wsd need the same one to know each other's sessions")
	}
	return nil
}

func parseConfig(args []string, getenv func(string) string, out io.Writer) (*config, error) {
	c := new(config)
	if err := daemon.ParseFlags(c.flags(out), args, getenv); err != nil {
		return nil, err
	}
	return c, c.Validate()
}

// checkPrefix keeps braces out: the first pair in a key is a Cluster's hash tag,
// which must be the room's.
func checkPrefix(prefix string) error {
	if prefix == "" || strings.ContainsAny(prefix, "{}") {
		return fmt.Errorf("want something without braces, got %q", prefix)
	}
	return nil
}
