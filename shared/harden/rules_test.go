package harden

import (
	"slices"
	"strings"
	"testing"

	"chatter/shared/redisconn"

	"github.com/google/go-cmp/cmp"
)

var needs = Needs{
	Program: "/nowhere/bin/wsd", Files: []string{"/nowhere/etc/secret"}, Sockets: []string{"/nowhere/run/wsd.sock"},
	Ports: []uint16{8001}, Redis: redisconn.Reach{Port: 6379},
}

func TestRules_NameDirectoriesBecauseFilesAreReplaced(t *testing.T) {
	want := Rules{
		Read: append(slices.Clone(system), "/nowhere/etc"), Execute: []string{"/nowhere/bin"}, Make: []string{"/nowhere/run"},
		Bind: []uint16{8001}, Ports: []uint16{6379},
	}
	if diff := cmp.Diff(want, needs.Rules()); diff != "" {
		t.Error(diff)
	}
	n := needs
	n.Redis = redisconn.Reach{Socket: "/nowhere/redis/s"}
	want.Ports, want.Connect = nil, []string{"/nowhere/redis"}
	if diff := cmp.Diff(want, n.Rules()); diff != "" {
		t.Error(diff)
	}
}

// A set of rules lacks nothing of its own, and each further need.
func TestRules_Lack(t *testing.T) {
	have := needs.Rules()
	for _, tt := range []struct {
		change func(*Needs)
		want   string
	}{
		{func(*Needs) {}, ""},
		{func(n *Needs) { n.Files = append(n.Files, "/nowhere/etc/refuse", "/nowhere/etc/more/phrase") }, ""},
		{func(n *Needs) { n.Files = append(n.Files, "/nowhere/etcetera/refuse") }, "read /nowhere/etcetera"},
		{func(n *Needs) { n.Program = "/nowhere/sbin/wsd" }, "execute files in /nowhere/sbin"},
		{func(n *Needs) { n.Sockets = append(n.Sockets, "/nowhere/s") }, "make sockets in /nowhere"},
		{func(n *Needs) { n.Redis = redisconn.Reach{Socket: "/nowhere/redis/s"} }, "connect to sockets in /nowhere/redis"},
		{func(n *Needs) { n.Ports = append(n.Ports, 8002) }, "listen on port 8002"},
		{func(n *Needs) { n.Redis.Port = 6380 }, "connect to port 6380"},
		{func(n *Needs) { n.Redis.Lookup = true }, "read /etc"},
		{func(n *Needs) { n.Redis.Secured = true }, "read /etc/ssl"},
		{func(n *Needs) { n.Redis.Port = 0 }, "connect to every port"},
	} {
		next := needs
		next.Files, next.Sockets, next.Ports = slices.Clone(next.Files), slices.Clone(next.Sockets), slices.Clone(next.Ports)
		tt.change(&next)
		if got := have.lacks(next.Rules()); got != tt.want && (tt.want == "" || !strings.HasSuffix(got, tt.want)) {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	cluster := needs
	cluster.Redis.Port = 0
	if got := cluster.Rules().lacks(have); got != "" {
		t.Errorf("every port lacks one: %q", got)
	}
}

// The variable alone restricts nothing: this process may list the root directory.
func TestAllow_DoesNotTrustTheEnvironment(t *testing.T) {
	t.Setenv("CHATTER_RESTRICTED", "{}")
	if err := Allow(needs.Rules()); err != nil {
		t.Error(err)
	}
}
