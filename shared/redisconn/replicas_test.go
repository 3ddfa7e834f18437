package redisconn_test

import (
	"slices"
	"strings"
	"testing"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"
)

// A primary with fewer replicas than messages must wait for is named in the log at start, and
// for as long as it is so when somebody asks.
func TestMissingReplicas_NamesALonePrimary(t *testing.T) {
	lone, s := redistest.Start(t), redistest.StartSentinel(t)
	for _, tt := range []struct {
		name, url string
		replicas  int
		want      string // "" for no warning
	}{
		{"nobody waits", lone.URL, 0, ""},
		{"a lone one", lone.URL, 1, "redis: a primary has 0 replicas and --ack-replicas is 1: its messages are not acknowledged"},
		{"one replica", s.URL, 1, ""},
		{"one replica of two", s.URL, 2, "redis: a primary has 1 replicas and --ack-replicas is 2: its messages are not acknowledged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := redisconn.Open(tt.url)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.AckReplicas(tt.replicas)
			x, log := check(t, c)
			if told := strings.Contains(log.String(), "--ack-replicas"); told != (tt.want != "") || !strings.Contains(log.String(), tt.want) {
				t.Errorf("the log at start is\n%s\nwant %q in it", log, tt.want)
			}
			if slices.Contains(x.Warnings(), tt.want) {
				t.Error("it is among the warnings that stay")
			}
			got := c.MissingReplicas(t.Context())
			if tt.want == "" && len(got) > 0 || tt.want != "" && !slices.Equal(got, []string{tt.want}) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// A user who may not use WAIT cannot have messages confirmed. Without AckReplicas it does not matter.
func TestCheck_TriesWaitIfReplicasConfirm(t *testing.T) {
	for replicas, want := range map[int][]string{0: nil, 1: {"WAIT (Redis answered NOPERM);"}} {
		server := redistest.Start(t)
		server.Do("ACL", "SETUSER", "default", "-wait")
		c := server.Client()
		defer c.Close()
		c.AckReplicas(replicas)
		x, _ := check(t, c)
		refused := strings.Join(x.Warnings(), "\n")
		if len(want) == 0 && refused != "" || len(want) > 0 && !strings.Contains(refused, want[0]) {
			t.Errorf("with %d replicas the warnings are %q, want %q", replicas, refused, want)
		}
	}
}
