package redisconn_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"chatter/shared/redistest"
)

func TestCheckSettings_WarnsOnceForEachDanger(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want []string
	}{
		{"as it should be", nil, nil},
		{"no append-only file", []string{"--appendonly", "no"}, []string{"appendonly is off"}},
		{"a lazy append-only file", []string{"--appendfsync", "everysec"}, []string{"appendfsync is everysec"}},
		{"evicting", []string{"--maxmemory", "1gb", "--maxmemory-policy", "allkeys-lru"}, []string{"maxmemory-policy is allkeys-lru"}},
		{"no configuration to be had", []string{"--rename-command", "CONFIG", ""}, []string{"settings cannot be read"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := redistest.Start(t, tt.args...)
			server.Kill() // the check waits for it
			c := server.Client()
			defer c.Close()
			var log bytes.Buffer
			x := c.CheckSettings(slog.New(slog.NewTextHandler(&log, nil)))
			server.Run()
			x.Wait()
			defer x.Close()
			got := x.Warnings()
			if len(got) != len(tt.want) || strings.Count(log.String(), "level=WARN") != len(tt.want) {
				t.Fatalf("warnings %q, log:\n%s", got, &log)
			}
			for i, want := range tt.want {
				if !strings.Contains(got[i], want) || !strings.Contains(log.String(), want) {
					t.Errorf("warning %q, want %q; log:\n%s", got[i], want, &log)
				}
			}
		})
	}
}
