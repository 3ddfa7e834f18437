package daemon_test

import (
	"bytes"
	"errors"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chatter/shared/daemon"
)

type settings struct {
	Listen, Admin, Format, Redis string
	Rate                         float64
	Burst                        int
	Drain                        time.Duration
	Check                        bool
}

func newFlags(s *settings) *flag.FlagSet {
	fs := flag.NewFlagSet("service", flag.ContinueOnError)
	daemon.ListenVar(fs, &s.Listen, "listen", "127.0.0.1:8000", "public socket")
	daemon.ListenVar(fs, &s.Admin, "admin", "", "private socket")
	daemon.ChoiceVar(fs, &s.Format, "log-format", "form of the log", "text", "json")
	daemon.RateVar(fs, &s.Rate, "say-rate", 5, 1000, "messages a second")
	daemon.IntVar(fs, &s.Burst, "say-burst", 20, 1, 1000, "messages at once")
	daemon.DurationVar(fs, &s.Drain, "drain-timeout", 8*time.Second, time.Second, time.Hour, "bound of a drain")
	fs.StringVar(&s.Redis, "redis", "redis://127.0.0.1:6379", "where Redis is")
	fs.BoolVar(&s.Check, "check", false, "check and exit")
	return fs
}

var defaults = settings{
	Listen: "127.0.0.1:8000", Format: "text", Redis: "redis://127.0.0.1:6379",
	Rate: 5, Burst: 20, Drain: 8 * time.Second,
}

func TestParseFlags(t *testing.T) {
	with := func(change func(*settings)) settings {
		s := defaults
		change(&s)
		return s
	}
	for _, test := range []struct {
		name string
		env  map[string]string
		args []string
		want settings
	}{
		{"defaults", nil, nil, defaults},
		{"empty variables count as none", map[string]string{"CHATTER_SAY_RATE": "", "CHATTER_LISTEN": ""}, nil, defaults},
		{"variables", map[string]string{
			"CHATTER_LISTEN": "unix:/run/s", "CHATTER_ADMIN": "fd:3", "CHATTER_LOG_FORMAT": "json", "CHATTER_SAY_RATE": "0.5",
			"CHATTER_SAY_BURST": "7", "CHATTER_DRAIN_TIMEOUT": "1m30s", "CHATTER_CHECK": "true", "CHATTER_REDIS": "unix:///r",
		}, nil, settings{"unix:/run/s", "fd:3", "json", "unix:///r", 0.5, 7, 90 * time.Second, true}},
		{"flags win", map[string]string{"CHATTER_SAY_RATE": "7"}, []string{"--say-rate", "0"},
			with(func(s *settings) { s.Rate = 0 })},
		{"a flag takes the listener away", map[string]string{"CHATTER_ADMIN": "fd:3"}, []string{"--admin="}, defaults},
		{"bounds are included", nil, []string{"--say-rate=1000", "--say-burst=1", "--drain-timeout=1h"},
			with(func(s *settings) { s.Rate, s.Burst, s.Drain = 1000, 1, time.Hour })},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got settings
			fs := newFlags(&got)
			if err := daemon.ParseFlags(fs, test.args, func(name string) string { return test.env[name] }); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseFlags_MalformedValueNamesFlagOrVariable(t *testing.T) {
	for _, test := range []struct{ flag, value, says string }{
		{"say-rate", "fast", "want a number"},
		{"say-rate", "-1", "from 0 to 1000"},
		{"say-rate", "1000.5", "from 0 to 1000"},
		{"say-rate", "NaN", "from 0 to 1000"},
		{"say-rate", "Inf", "from 0 to 1000"},
		{"say-burst", "0", "from 1 to 1000"},
		{"say-burst", "1.5", "want a whole number"},
		{"say-burst", "99999999999999999999", "want a whole number"},
		{"drain-timeout", "8", "want a duration such as 8s"},
		{"drain-timeout", "1ms", "from 1s to 1h"},
		{"drain-timeout", "61m", "from 1s to 1h"},
		{"listen", "8000", "want host:port"},
		{"admin", "fd:x", "fd:N"},
		{"log-format", "xml", "want text or json"},
		{"check", "perhaps", ""},
	} {
		t.Run(test.flag+"="+test.value, func(t *testing.T) {
			var s settings
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

func TestParseFlags_RefusesWhatIsNoFlag(t *testing.T) {
	var s settings
	wantError(t, daemon.ParseFlags(newFlags(&s), []string{"--unknown"}, noEnv), "unknown")
	wantError(t, daemon.ParseFlags(newFlags(&s), []string{"--check", "stray"}, noEnv), "stray")
	wantError(t, daemon.ParseFlags(newFlags(&s), []string{"--listen="}, noEnv), "listen")
}

func TestParseFlags_PrintsOnlyWhenAskedForHelp(t *testing.T) {
	var s settings
	var out bytes.Buffer
	fs := newFlags(&s)
	fs.SetOutput(&out)
	wantError(t, daemon.ParseFlags(fs, []string{"--unknown"}, noEnv), "unknown")
	if out.Len() > 0 {
		t.Errorf("an error printed %q", &out)
	}
	if err := daemon.ParseFlags(fs, []string{"--help"}, noEnv); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("--help: %v, want flag.ErrHelp", err)
	}
	for _, want := range []string{"--say-rate", "CHATTER_SAY_RATE", "8s", "messages a second"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("usage lacks %q:\n%s", want, &out)
		}
	}
}

func TestTable(t *testing.T) {
	var s settings
	fs := newFlags(&s)
	if err := daemon.ParseFlags(fs, []string{"--say-rate=7"}, noEnv); err != nil {
		t.Fatal(err)
	}
	want := []daemon.FlagDoc{
		{Name: "admin", Env: "CHATTER_ADMIN", Default: "", Help: "private socket"},
		{Name: "check", Env: "CHATTER_CHECK", Default: "false", Help: "check and exit"},
		{Name: "drain-timeout", Env: "CHATTER_DRAIN_TIMEOUT", Default: "8s", Help: "bound of a drain"},
		{Name: "listen", Env: "CHATTER_LISTEN", Default: "127.0.0.1:8000", Help: "public socket"},
		{Name: "log-format", Env: "CHATTER_LOG_FORMAT", Default: "text", Help: "form of the log"},
		{Name: "redis", Env: "CHATTER_REDIS", Default: "redis://127.0.0.1:6379", Help: "where Redis is"},
		{Name: "say-burst", Env: "CHATTER_SAY_BURST", Default: "20", Help: "messages at once"},
		{Name: "say-rate", Env: "CHATTER_SAY_RATE", Default: "5", Help: "messages a second"},
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
