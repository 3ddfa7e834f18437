package parts_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chatter/shared/daemon"
	"chatter/shared/parts"
)

func newFlags(c *parts.Config) *flag.FlagSet { return c.Flags("service", "127.0.0.1:8000") }

var defaults = parts.Config{
	Listen: "127.0.0.1:8000", LogFormat: "text", Redis: "redis://127.0.0.1:6379", Prefix: "chatter:",
	SayRate: 5, SayBurst: 20, Limits: "on", Restricted: "on", DrainTimeout: 8 * time.Second, Retention: 24 * time.Hour, PresenceEvery: 5 * time.Minute, AuthorMarks: time.Hour,
}

func TestParseFlags(t *testing.T) {
	with := func(change func(*parts.Config)) parts.Config {
		s := defaults
		change(&s)
		return s
	}
	for _, test := range []struct {
		name string
		env  map[string]string
		args []string
		want parts.Config
	}{
		{"defaults", nil, nil, defaults},
		{"empty variables count as none", map[string]string{"CHATTER_SAY_RATE": "", "CHATTER_LISTEN": ""}, nil, defaults},
		{"variables", map[string]string{
			"CHATTER_LISTEN": "unix:/run/s", "CHATTER_ADMIN": "fd:3", "CHATTER_LOG_FORMAT": "json", "CHATTER_SAY_RATE": "0.5",
			"CHATTER_SAY_BURST": "7", "CHATTER_LIMITS": "off", "CHATTER_DRAIN_TIMEOUT": "1m30s", "CHATTER_CHECK": "true", "CHATTER_REDIS": "unix:///r",
			"CHATTER_PREFIX": "c:", "CHATTER_SECRET_FILE": "s",
		}, nil, parts.Config{
			Listen: "unix:/run/s", Admin: "fd:3", LogFormat: "json", Redis: "unix:///r", Prefix: "c:", SecretFile: "s",
			SayRate: 0.5, SayBurst: 7, Limits: "off", Restricted: "on", DrainTimeout: 90 * time.Second, Retention: 24 * time.Hour, PresenceEvery: 5 * time.Minute, AuthorMarks: time.Hour, Check: true,
		}},
		{"flags win", map[string]string{"CHATTER_SAY_RATE": "7"}, []string{"--say-rate", "0"},
			with(func(c *parts.Config) { c.SayRate = 0 })},
		{"a flag takes the listener away", map[string]string{"CHATTER_ADMIN": "fd:3"}, []string{"--admin="}, defaults},
		{"addresses and networks", nil, []string{"--trusted-proxies=192.0.2.1, 2001:db8::/48"},
			with(func(c *parts.Config) {
				c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("2001:db8::/48")}
			})},
		{"bounds are included", nil, []string{"--say-rate=1000000", "--say-burst=1", "--drain-timeout=1h"},
			with(func(c *parts.Config) { c.SayRate, c.SayBurst, c.DrainTimeout = 1e6, 1, time.Hour })},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got parts.Config
			fs := newFlags(&got)
			if err := daemon.ParseFlags(fs, test.args, func(name string) string { return test.env[name] }); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
				t.Errorf("parts.Config (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseFlags_MalformedValueNamesFlagOrVariable(t *testing.T) {
	for _, test := range []struct{ flag, value, says string }{
		{"say-rate", "fast", "want a number"},
		{"say-rate", "-1", "from 0 to 1000000"},
		{"say-rate", "1000000.5", "from 0 to 1000000"},
		{"say-rate", "NaN", "from 0 to 1000000"},
		{"say-rate", "Inf", "from 0 to 1000000"},
		{"say-burst", "0", "from 1 to 1000000"},
		{"limits", "no", "want on or off"},
		{"say-burst", "1.5", "want a whole number"},
		{"say-burst", "99999999999999999999", "want a whole number"},
		{"drain-timeout", "8", "want a duration such as 8s"},
		{"drain-timeout", "1us", "from 1ms to 1h"},
		{"drain-timeout", "61m", "from 1ms to 1h"},
		{"author-marks", "25h", "from 1s to 24h"},
		{"presence-every", "900ms", "from 1s to 1h"},
		{"presence-every", "61m", "from 1s to 1h"},
		{"listen", "8000", "want host:port"},
		{"admin", "fd:x", "fd:N"},
		{"log-format", "xml", "want text or json"},
		{"trusted-proxies", "192.0.2.1,proxy", "want addresses or networks"},
		{"check", "perhaps", ""},
	} {
		t.Run(test.flag+"="+test.value, func(t *testing.T) {
			var s parts.Config
			byFlag := daemon.ParseFlags(newFlags(&s), []string{"--" + test.flag + "=" + test.value}, noEnv)
			wantError(t, byFlag, "-"+test.flag, test.value, test.says)

			name := daemon.EnvName(test.flag)
			byEnv := daemon.ParseFlags(newFlags(&s), nil, func(n string) string {
				if n == name {
					return test.value
				}
				return ""
			})
			wantError(t, byEnv, name, test.value, test.says)
		})
	}
}

func TestParse_PresenceEveryIsInWholeSeconds(t *testing.T) {
	for every, says := range map[string]string{"1500ms": "want whole seconds, got 1.5s", "90s": ""} {
		var c parts.Config
		err := c.Parse(newFlags(&c), []string{"--secret-file=s", "--presence-every=" + every}, noEnv)
		if says == "" && err != nil {
			t.Errorf("%s: %v", every, err)
		} else if says != "" {
			wantError(t, err, "--presence-every", "CHATTER_PRESENCE_EVERY", says)
		}
	}
}

func TestParseFlags_RefusesWhatIsNoFlag(t *testing.T) {
	var s parts.Config
	wantError(t, daemon.ParseFlags(newFlags(&s), []string{"--unknown"}, noEnv), "unknown")
	wantError(t, daemon.ParseFlags(newFlags(&s), []string{"--check", "stray"}, noEnv), "stray")
	wantError(t, daemon.ParseFlags(newFlags(&s), []string{"--listen="}, noEnv), "listen")
}

func TestRun_PrintsTheUsageOnlyForHelp(t *testing.T) {
	var c parts.Config
	var out bytes.Buffer
	run := func(arg string) error { return c.Run(newFlags(&c), []string{arg}, noEnv, &out, nil, nil) }
	wantError(t, run("--unknown"), "unknown")
	if out.Len() > 0 {
		t.Errorf("an error printed %q", &out)
	}
	if err := run("--help"); err != nil {
		t.Errorf("--help: %v", err)
	}
	for _, want := range []string{"--say-rate", "CHATTER_SAY_RATE", "8s", "messages a second"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("usage lacks %q:\n%s", want, &out)
		}
	}
}

func TestTable(t *testing.T) {
	var number int
	fs := flag.NewFlagSet("service", flag.ContinueOnError)
	daemon.IntVar(fs, &number, "say-burst", 20, 1, 1000, "messages at once")
	fs.String("admin", "", "private socket")
	if err := daemon.ParseFlags(fs, []string{"--say-burst=7"}, noEnv); err != nil {
		t.Fatal(err)
	}
	want := []daemon.FlagDoc{
		{Name: "admin", Env: "CHATTER_ADMIN", Default: "", Help: "private socket"},
		{Name: "say-burst", Env: "CHATTER_SAY_BURST", Default: "20", Help: "messages at once"},
	}
	if diff := cmp.Diff(want, daemon.Table(fs)); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func noEnv(string) string { return "" }

func wantError(t *testing.T, err error, says ...string) {
	t.Helper()
	for _, s := range says {
		if err == nil || !strings.Contains(err.Error(), s) {
			t.Errorf("error %v, want one with %q", err, s)
		}
	}
}

func TestParse_TheEmbeddedRedisHasNoReplicas(t *testing.T) {
	for _, replicas := range []string{"0", "1"} {
		var c parts.Config
		err := c.Parse(newFlags(&c), []string{"--secret-file=s", "--redis-embedded", "--ack-replicas=" + replicas}, noEnv)
		if replicas == "0" && err != nil {
			t.Error(err)
		}
		if replicas == "1" {
			wantError(t, err, "--ack-replicas", "CHATTER_ACK_REPLICAS", "--redis-embedded")
		}
	}
}

func TestNewLogger(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		c := parts.Config{LogFormat: format}
		logger := c.NewLogger(&out)
		logger.Debug("not shown")
		logger.Info("shown")
		if n := strings.Count(out.String(), "\n"); n != 1 {
			t.Errorf("%s: %d lines, want 1", format, n)
		}
		if json.Valid(out.Bytes()) != (format == "json") {
			t.Errorf("%s: wrote %s", format, &out)
		}
	}
}
