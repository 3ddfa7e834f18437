package redisconn

import "testing"

func TestJudge_PublicWithoutPassword(t *testing.T) {
	for _, tt := range []struct {
		bind, port, protected, password string
		danger                          bool
	}{
		{"127.0.0.1 -::1", "6379", "no", "", false},
		{"127.0.0.1 10.0.0.5", "6379", "no", "", true},
		{"* -::*", "6379", "no", "", true},
		{"", "6379", "no", "", true},
		{"", "6379", "yes", "", false},
		{"", "6379", "no", "secret", false},
		{"", "0", "no", "", false},
	} {
		settings := map[string]string{"bind": tt.bind, "port": tt.port, "protected-mode": tt.protected, "requirepass": tt.password}
		for _, s := range wanted {
			settings[s.name] = s.want
		}
		got := judge(settings)
		if (len(got) > 0) != tt.danger {
			t.Errorf("%+v: %q", tt, got)
		}
	}
}
