package parts

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"chatter/shared/daemon"
	"chatter/shared/origin"
	"chatter/shared/recent"
	"chatter/shared/redisconn"
	"chatter/shared/refuse"
	"chatter/shared/roomlog"
	"chatter/shared/session"
)

// DefaultDrainTimeout is shorter than the ten seconds after which supervisor kills.
const DefaultDrainTimeout = 8 * time.Second

// Config holds the settings that httpd and wsd have in common. A service embeds it in its
// own configuration.
type Config struct {
	Settings     string        // file of settings, see [Config.Parse]; "" = none
	Listen       string        // as [daemon.Listen] takes it
	Admin        string        // the same; "" = no admin listener
	Redis        string        // as [redisconn.Parse] takes it
	Prefix       string        // of every Redis key
	SecretFile   string        // as [session.LoadKeys] takes it
	PhraseFile   string        // as [session.LoadPhrase] takes it; "" = everybody may sign in
	RefuseFile   string        // as [refuse.Load] takes it; "" = every name is admitted
	PublicURL    origin.Origin // under which browsers see the site; zero = each request tells it
	LogFormat    string        // "text" or "json"
	SayRate      float64       // messages per second and session, at most; 0 = no limit
	SayBurst     int           // messages that a session may send at once, at most
	Limits       string        // "on" or "off"
	DrainTimeout time.Duration // of a stop or a reload
	Retention    time.Duration // how long a message is kept
	// PresenceEvery is how long an interval is after which presence is published.
	PresenceEvery time.Duration
	// AuthorMarks is how long the author of a message can be muted.
	AuthorMarks time.Duration
	// TrustedProxies are the networks whose X-Real-IP is taken for the client's address.
	TrustedProxies []netip.Prefix
	// AckReplicas is how many replicas of Redis must have a message before it is acked.
	AckReplicas int
	Check       bool   // check the configuration and exit
	Embedded    bool   // Redis is the one inside make run
	Restricted  string // "on" or "off"
	AllowRoot   bool

	Phrase  *session.Phrase // of PhraseFile, set by Run; nil without
	Refused *refuse.Names   // of RefuseFile, set by Run; nil without
}

// Flags returns a flag set that is bound to c. The caller adds its own flags.
func (c *Config) Flags(service, listen string) *flag.FlagSet {
	fs := flag.NewFlagSet(service, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	fs.StringVar(&c.Settings, "settings", "", "file with lines CHATTER_NAME=value; a variable wins over it, and a flag over both")
	daemon.StringVar(fs, &c.Listen, "listen", listen, daemon.CheckSpec, "where to serve: host:port, unix:/path or fd:N")
	daemon.StringVar(fs, &c.Admin, "admin", "", checkAdmin, "where to serve health, metrics and profiles, as for --listen; empty for nowhere")
	fs.StringVar(&c.Redis, "redis", "redis://127.0.0.1:6379", "Redis: redis://, rediss:// or unix://, several hosts for a Cluster, ?master_name= for Sentinel")
	fs.BoolVar(&c.Embedded, "redis-embedded", false, "Redis is the one inside make run, which has no file and no settings to look after")
	daemon.StringVar(fs, &c.Prefix, "prefix", "chatter:", checkPrefix, "what every Redis key begins with; the same for both services")
	fs.StringVar(&c.SecretFile, "secret-file", "", "file with the session keys, one a line: the first signs, all verify")
	fs.StringVar(&c.PhraseFile, "phrase-file", "", "file with a phrase, one line: only guests who know it may sign in, and a new phrase signs everybody out; the same for both services")
	fs.StringVar(&c.RefuseFile, "refuse", "", "file with names of guests and rooms that are never admitted, one a line, or /regex/, read again on SIGHUP; the same for both services")
	daemon.Var(fs, &c.PublicURL, "public-url", parsePublicURL, origin.Origin.String, "the site's address, such as https://chat.example.org, if a proxy in front of nginx ends TLS; the same for both services")
	daemon.ChoiceVar(fs, &c.LogFormat, "log-format", "text", "json", "text or json")
	daemon.RateVar(fs, &c.SayRate, "say-rate", 5, 1e6, "messages a second that one session may say in each process, when it is a few minutes old; 0 for no limit")
	daemon.IntVar(fs, &c.SayBurst, "say-burst", 20, 1, 1e6, "messages that one session may say at once in each process, when it is some minutes old")
	daemon.ChoiceVar(fs, &c.Limits, "limits", "on", "off", "on or off; off, for benchmarks only, lifts every limit on what guests say and on sign-ins")
	daemon.DurationVar(fs, &c.DrainTimeout, "drain-timeout", DefaultDrainTimeout, time.Millisecond, time.Hour, "how long a stop or a reload may take to finish what is under way")
	daemon.DurationVar(fs, &c.Retention, "retention", roomlog.DefaultRetention, 10*time.Second, 30*24*time.Hour, "how long a message is kept, and a name, but a name for 24h at most; the same for both services")
	daemon.DurationVar(fs, &c.PresenceEvery, "presence-every", recent.DefaultEvery, time.Second, time.Hour, "the lists of guests and rooms change once in this time, whole seconds; the same for both services")
	daemon.DurationVar(fs, &c.AuthorMarks, "author-marks", time.Hour, time.Second, 24*time.Hour, "how long after a message its author can be muted; the same for both services")
	daemon.ListVar(fs, &c.TrustedProxies, "trusted-proxies", parseNetwork, "addresses or networks, separated by commas, whose X-Real-IP is the client's address; a unix socket is trusted without")
	daemon.ChoiceVar(fs, &c.Restricted, "restrict", "on", "off", "on or off; off, for debuggers only, keeps rights over files, programs and ports that the service does not need")
	fs.BoolVar(&c.AllowRoot, "allow-root", false, "serve as root, too; for containers and tests")
	daemon.IntVar(fs, &c.AckReplicas, "ack-replicas", 0, 0, 16, "how many replicas of Redis must have a message before its sender learns that it is stored, see supervisor/MACHINES.md; the same for both services")
	fs.BoolVar(&c.Check, "check", false, "check the configuration, load the files, and exit")
	return fs
}

// Parse sets the flags of fs, which [Config.Flags] returned, as [daemon.ParseFlags] does, with the
// lines of the settings file in place of variables that are not set, and validates c.
func (c *Config) Parse(fs *flag.FlagSet, args []string, getenv func(string) string) error {
	if err := daemon.ParseFlags(fs, args, getenv); err != nil {
		return err
	}
	if c.Settings != "" {
		settings, err := daemon.LoadSettings(c.Settings)
		if err != nil {
			return fmt.Errorf("--settings (or CHATTER_SETTINGS): %w", err)
		}
		either := func(name string) string { return cmp.Or(getenv(name), settings[name]) }
		if err := daemon.ParseFlags(fs, args, either); err != nil {
			return fmt.Errorf("%s: %w", c.Settings, err)
		}
	}
	// The flag package would print the password of a malformed Redis address.
	if _, err := redisconn.Parse(c.Redis); err != nil {
		return fmt.Errorf("--redis (or CHATTER_REDIS): %w", err)
	}
	if c.PresenceEvery%time.Second != 0 {
		return fmt.Errorf("--presence-every (or CHATTER_PRESENCE_EVERY): want whole seconds, got %v", c.PresenceEvery)
	}
	if c.Embedded && c.AckReplicas > 0 {
		return errors.New("--ack-replicas (or CHATTER_ACK_REPLICAS): the Redis of --redis-embedded has no replicas, want 0")
	}
	if c.SecretFile == "" {
		return errors.New("--secret-file (or CHATTER_SECRET_FILE) is missing: httpd and wsd need the same one to know each other's sessions")
	}
	return nil
}

func checkAdmin(spec string) error {
	if spec == "" {
		return nil
	}
	return daemon.CheckSpec(spec)
}

func parsePublicURL(s string) (origin.Origin, error) {
	if s == "" {
		return origin.Origin{}, nil
	}
	return origin.Parse(s)
}

func parseNetwork(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	network, err := netip.ParsePrefix(s)
	if err != nil {
		return network, fmt.Errorf("want addresses or networks such as 192.0.2.1,2001:db8::/48, got %q", s)
	}
	return network, nil
}

// checkPrefix refuses braces. The first pair of braces in a key is a Cluster's hash tag,
// which must be the room's.
func checkPrefix(prefix string) error {
	if prefix == "" || strings.ContainsAny(prefix, "{}") {
		return fmt.Errorf("want something without braces, got %q", prefix)
	}
	return nil
}
