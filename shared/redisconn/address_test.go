package redisconn

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct{ url, kind, addrs string }{
		{"redis://localhost", "single", "localhost:6379"},
		{"redis://:pw@10.0.0.1:6380/3", "single", "10.0.0.1:6380"},
		{"rediss://redis.example:6379", "single", "redis.example:6379"},
		{"redis://[::1]:6379", "single", "[::1]:6379"},
		{"unix:///run/redis/redis.sock", "single", "/run/redis/redis.sock"},
		{"redis://a:1,b:2,c:3", "cluster", "a:1,b:2,c:3"},
		{"redis://u:p,w@a:1,b:2/0", "cluster", "a:1,b:2"},
		{"redis://a:1,b:2?master_name=prime", "sentinel", "a:1,b:2"},
		{"redis://a:1?master_name=prime", "sentinel", "a:1"},
	} {
		o, err := Parse(tt.url)
		if err != nil {
			t.Errorf("Parse(%q): %v", tt.url, err)
			continue
		}
		kind, addrs := describe(o)
		if kind != tt.kind || addrs != tt.addrs {
			t.Errorf("Parse(%q) = %s %s, want %s %s", tt.url, kind, addrs, tt.kind, tt.addrs)
		}
	}
}

func describe(o Options) (kind, addrs string) {
	switch {
	case o.single != nil:
		return "single", o.single.Addr
	case o.sentinel != nil:
		return "sentinel", strings.Join(o.sentinel.SentinelAddrs, ",")
	default:
		return "cluster", strings.Join(o.cluster.Addrs, ",")
	}
}

func TestParse_KeepsWhatTheAddressSays(t *testing.T) {
	o, err := Parse("redis://user:secret@h:1/5?dial_timeout=7s")
	if err != nil {
		t.Fatal(err)
	}
	got := []any{o.single.Username, o.single.Password, o.single.DB, o.single.DialTimeout.String(), o.single.ReadTimeout}
	if diff := cmp.Diff([]any{"user", "secret", 5, "7s", ioTimeout}, got); diff != "" {
		t.Error(diff)
	}
}

var malformed = []string{
	"", "localhost:6379", "http://h", "redis://", "redis://h:port", "redis://h:99999", "redis://:6379",
	"redis://a:1,", "redis://a:1,:2", "redis://a:1,b:2/7", "redis://a:1?master_name=", "unix://",
	"redis://h/notanumber", "redis://h?no_such_option=1", "redis://user:secret@h:x",
}

func TestParse_RefusesMalformed(t *testing.T) {
	for _, url := range malformed {
		_, err := Parse(url)
		if err == nil {
			t.Errorf("Parse(%q) took it", url)
			continue
		}
		if !strings.HasPrefix(err.Error(), "redis address: ") || strings.Contains(err.Error(), "secret") {
			t.Errorf("Parse(%q): error %q", url, err)
		}
	}
}

// A password that is not percent-encoded ends the host too early.
func TestParse_DoesNotRepeatAPartOfThePassword(t *testing.T) {
	for _, url := range []string{
		"redis://:secret/x@h:1", "redis://user:12/secret@h", "redis://user:secret?x@h", "redis://:secret#x@h", "redis://u:1/secret@h,i",
	} {
		_, err := Parse(url)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("Parse(%q): error %v", url, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, url := range malformed {
		f.Add(url)
	}
	f.Add("redis://u:p@a:1,b:2/0?master_name=x&addr=c:3")
	f.Fuzz(func(t *testing.T, url string) {
		o, err := Parse(url)
		set := 0
		for _, is := range []bool{o.single != nil, o.sentinel != nil, o.cluster != nil} {
			if is {
				set++
			}
		}
		if (err == nil) != (set == 1) {
			t.Errorf("Parse(%q): %d kinds set, error %v", url, set, err)
		}
	})
}

func TestWithoutPassword(t *testing.T) {
	for address, want := range map[string]string{
		"unix:///run/redis.sock?password=guess": "unix:///run/redis.sock", "rediss://:gu@ess@h:1": "rediss://h:1", "guess": "",
	} {
		if got := WithoutPassword(address); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

func TestReach(t *testing.T) {
	for address, want := range map[string]Reach{
		"redis://127.0.0.1:6390/1":                  {Port: 6390},
		"redis://[::1]":                             {Port: 6379},
		"redis://u:p@redis.example:7000":            {Port: 7000, Lookup: true},
		"rediss://192.0.2.1":                        {Port: 6379, Secured: true},
		"unix:///run/chatter/redis.sock?db=2":       {Socket: "/run/chatter/redis.sock"},
		"redis://192.0.2.1:7000,192.0.2.2:7000":     {Lookup: true},
		"rediss://192.0.2.1:26379?master_name=main": {Lookup: true, Secured: true},
	} {
		options, err := Parse(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if diff := cmp.Diff(want, options.Reach()); diff != "" {
			t.Errorf("%s:\n%s", address, diff)
		}
	}
}
