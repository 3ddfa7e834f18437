package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"chatter/shared/parts"

	"github.com/google/go-cmp/cmp"
)

func environment(pairs ...string) func(string) string {
	return func(key string) string {
		for _, pair := range pairs {
			if k, v, _ := strings.Cut(pair, "="); k == key {
				return v
			}
		}
		return ""
	}
}

func parseConfig(args []string, getenv func(string) string) (*config, error) {
	c := new(config)
	return c, c.Parse(c.flags(), args, getenv)
}

func TestConfig_Defaults(t *testing.T) {
	got, err := parseConfig([]string{"--secret-file", "s"}, environment())
	if err != nil {
		t.Fatal(err)
	}
	want := &config{Config: parts.Config{
		Listen: "127.0.0.1:8000", Redis: "redis://127.0.0.1:6379", Prefix: "chatter:", SecretFile: "s", LogFormat: "text",
		SayRate: 5, SayBurst: 20, Limits: "on", Restricted: "on", DrainTimeout: 8 * time.Second, Retention: 24 * time.Hour, PresenceEvery: 5 * time.Minute, AuthorMarks: time.Hour,
	}, Harakiri: 10 * time.Second}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestConfig_FlagsWinOverTheEnvironment(t *testing.T) {
	got, err := parseConfig([]string{"--harakiri=3s", "--check"}, environment(
		"CHATTER_SECRET_FILE=s", "CHATTER_HARAKIRI=5s", "CHATTER_LISTEN=fd:0", "CHATTER_ADMIN=unix:/x/admin.sock",
		"CHATTER_SAY_RATE=0", "CHATTER_SAY_BURST=1", "CHATTER_LIMITS=off", "CHATTER_LOG_FORMAT=json", "CHATTER_PREFIX=c:", "CHATTER_REDIS=unix:///r.sock",
		"CHATTER_DRAIN_TIMEOUT=1s"))
	if err != nil {
		t.Fatal(err)
	}
	want := &config{Config: parts.Config{
		Listen: "fd:0", Admin: "unix:/x/admin.sock", Redis: "unix:///r.sock", Prefix: "c:", SecretFile: "s", LogFormat: "json",
		SayRate: 0, SayBurst: 1, Limits: "off", Restricted: "on", DrainTimeout: time.Second, Retention: 24 * time.Hour, PresenceEvery: 5 * time.Minute, AuthorMarks: time.Hour, Check: true,
	}, Harakiri: 3 * time.Second}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestConfig_MalformedIsAnErrorThatNamesIt(t *testing.T) {
	for _, tt := range []struct {
		args []string
		env  string
		name string
	}{
		{[]string{"--listen", "nowhere"}, "", "listen"},
		{[]string{"--admin", "unix:"}, "", "admin"},
		{[]string{"--redis", "http://u:secret@h"}, "", "redis"},
		{[]string{"--prefix", "a{b"}, "", "prefix"},
		{[]string{"--public-url", "chat.example.org"}, "", "public-url"},
		{nil, "CHATTER_PUBLIC_URL=https://chat.example.org/chat/", "CHATTER_PUBLIC_URL"},
		{[]string{"--harakiri", "10"}, "", "harakiri"},
		{[]string{"--harakiri", "0s"}, "", "harakiri"},
		{[]string{"--say-rate", "-1"}, "", "say-rate"},
		{[]string{"--say-rate", "NaN"}, "", "say-rate"},
		{[]string{"--say-burst", "0"}, "", "say-burst"},
		{[]string{"--log-format", "xml"}, "", "log-format"},
		{[]string{"--drain-timeout", "-1s"}, "", "drain-timeout"},
		{[]string{"--no-such-flag"}, "", "no-such-flag"},
		{[]string{"stray"}, "", "stray"},
		{nil, "CHATTER_HARAKIRI=soon", "CHATTER_HARAKIRI"},
		{nil, "CHATTER_REDIS=localhost:secret", "CHATTER_REDIS"},
		{nil, "CHATTER_CHECK=perhaps", "CHATTER_CHECK"},
	} {
		_, err := parseConfig(append([]string{"--secret-file", "s"}, tt.args...), environment(tt.env))
		if err == nil || !strings.Contains(err.Error(), tt.name) || strings.Contains(err.Error(), ":secret") {
			t.Errorf("%v %s: error %v", tt.args, tt.env, err)
		}
	}
	if _, err := parseConfig(nil, environment()); err == nil || !strings.Contains(err.Error(), "CHATTER_SECRET_FILE") {
		t.Errorf("without a secret file: %v", err)
	}
}

func TestConfig_HelpListsEveryVariable(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"--help"}, environment(), &out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"LISTEN", "ADMIN", "REDIS", "PREFIX", "SECRET_FILE", "LOG_FORMAT", "HARAKIRI", "SAY_RATE", "SAY_BURST", "DRAIN_TIMEOUT", "CHECK"} {
		if !strings.Contains(out.String(), "CHATTER_"+name+" ") {
			t.Errorf("the usage lacks CHATTER_%s:\n%s", name, &out)
		}
	}
}
