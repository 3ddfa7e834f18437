package redisconn_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"
)

func TestCheck_WarnsOnceForEachSettingThatDiffers(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want []string
	}{
		{"as it should be", nil, nil},
		{"no append-only file", []string{"--appendonly", "no"}, []string{"appendonly is \"no\""}},
		{"a lazy append-only file", []string{"--appendfsync", "everysec"}, []string{"appendfsync is \"everysec\""}},
		{"snapshots", []string{"--save", "3600 1"}, []string{"save is \"3600 1\""}},
		{"without a limit", []string{"--maxmemory", "0"}, []string{"maxmemory is not set"}},
		{"as much as the machine has", []string{"--maxmemory", "1000gb"}, []string{"% of the machine's memory"}},
		{"evicting", []string{"--maxmemory-policy", "allkeys-lru"}, []string{"maxmemory-policy is \"allkeys-lru\""}},
		{"a slow log", []string{"--slowlog-log-slower-than", "10000"}, []string{"slowlog-log-slower-than is \"10000\""}},
		{"a crash log", []string{"--crash-log-enabled", "yes"}, []string{"crash-log-enabled is \"yes\""}},
		{"no configuration to be had", []string{"--rename-command", "CONFIG", ""}, []string{"settings cannot be read"}},
		{"no TIME", []string{"--rename-command", "TIME", ""}, []string{"commands that Chatter needs: TIME (Redis answered ERR), EVAL"}},
		{"no rewrite", []string{"--rename-command", "BGREWRITEAOF", ""}, []string{"BGREWRITEAOF (Redis answered ERR)"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := redistest.Start(t, tt.args...)
			server.Kill() // the check waits for it
			c := server.Client()
			defer c.Close()
			var log bytes.Buffer
			x := c.StartCheck("chatter:", slog.New(slog.NewTextHandler(&log, nil)))
			server.Run()
			x.Wait()
			defer x.Close()
			expect(t, x, &log, tt.want)
			if keys := server.Do("KEYS", "*"); keys != "" {
				t.Errorf("keys are left: %s", keys)
			}
		})
	}
}

func expect(t *testing.T, x *redisconn.Check, log *bytes.Buffer, want []string) {
	t.Helper()
	got := x.Warnings()
	if len(got) != len(want) || strings.Count(log.String(), "level=WARN") != len(want) {
		t.Fatalf("warnings %q, want %q; log:\n%s", got, want, log)
	}
	for _, want := range want {
		named := slices.ContainsFunc(got, func(warning string) bool { return strings.Contains(warning, want) })
		if !named || !strings.Contains(strings.ReplaceAll(log.String(), `\"`, `"`), want) {
			t.Errorf("warnings %q, want %q; log:\n%s", got, want, log)
		}
	}
}
