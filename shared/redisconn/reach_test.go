package redisconn

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
