package main

import (
	"strings"
	"testing"
	"time"

	"chatter/shared/parts"

	"github.com/google/go-cmp/cmp"
)

// env is an environment of "NAME=value" pairs.
func env(pairs ...string) func(string) string {
	values := make(map[string]string)
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	return func(name string) string { return values[name] }
}

func parseConfig(args []string, getenv func(string) string) (*config, error) {
	c := new(config)
	return c, c.Parse(c.flags(), args, getenv)
}

func TestConfig(t *testing.T) {
	defaults := config{
		Config: parts.Config{
			Listen: "127.0.0.1:8001", Redis: "redis://127.0.0.1:6379", Prefix: "chatter:", SecretFile: "s",
			LogFormat: "text", SayRate: 5, SayBurst: 20, Limits: "on", Restricted: "on", DrainTimeout: 8 * time.Second, Retention: 24 * time.Hour, PresenceEvery: 5 * time.Minute, AuthorMarks: time.Hour,
		},
		PingInterval: 20 * time.Second, PingTimeout: 30 * time.Second, MaxSockets: 50_000,
	}
	for _, tt := range []struct {
		name   string
		args   []string
		env    []string
		change func(*config)
	}{
		{"defaults", nil, nil, func(*config) {}},
		{"environment", nil, []string{"CHATTER_PING_INTERVAL=5s", "CHATTER_MAX_SOCKETS=7", "CHATTER_LISTEN=fd:0"},
			func(c *config) { c.PingInterval, c.MaxSockets, c.Listen = 5*time.Second, 7, "fd:0" }},
		{"origins", []string{"--origins=a.example, https://*.b.example"}, nil, func(c *config) { c.Origins = []string{"a.example", "https://*.b.example"} }},
		{"a flag wins", []string{"--say-rate", "0"}, []string{"CHATTER_SAY_RATE=9"}, func(c *config) { c.SayRate = 0 }},
	} {
		want := defaults
		tt.change(&want)
		got, err := parseConfig(tt.args, env(append(tt.env, "CHATTER_SECRET_FILE=s")...))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestConfig_NamesWhatIsMalformed(t *testing.T) {
	for _, tt := range []struct{ arg, env, name string }{
		{"--ping-interval=fast", "", "ping-interval"},
		{"--ping-timeout=10ms", "", "ping-timeout"},
		{"--max-sockets=0", "", "max-sockets"},
		{"--listen=nowhere", "", "listen"},
		{"--prefix=a{b", "", "prefix"},
		{"--redis=localhost", "", "redis"},
		{"--origins=a.example,[b", "", "origins"},
		{"--public-url=https://chat.example.org/", "", "public-url"},
		{"", "CHATTER_SAY_BURST=many", "CHATTER_SAY_BURST"},
		{"", "CHATTER_DRAIN_TIMEOUT=-1s", "CHATTER_DRAIN_TIMEOUT"},
		{"", "CHATTER_SECRET_FILE=", "secret-file"},
	} {
		var args []string
		if tt.arg != "" {
			args = []string{tt.arg}
		}
		_, err := parseConfig(args, env("CHATTER_SECRET_FILE=s", tt.env))
		if err == nil || !strings.Contains(err.Error(), tt.name) {
			t.Errorf("%s%s: error %v, want one that names %s", tt.arg, tt.env, err, tt.name)
		}
	}
}
