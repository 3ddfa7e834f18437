package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"chatter/shared/redistest"
	"chatter/shared/wire"

	"github.com/coder/websocket"
)

// A socket that floods is closed by a service with its defaults, and the metrics show that,
// and what the bounds of memory are about.
func TestMetrics_OfLimitsAndBounds(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	s := start(t, redis.URL)
	ws := s.dial(t, "/ws/chat/room/?since=0")
	until(t, ws, wire.EventLive)
	if got := s.metric(t, "chatter_run_bytes"); got == "0" || got == "" {
		t.Errorf("a room holds %q bytes", got)
	}
	go func() {
		for ws.Write(t.Context(), websocket.MessageBinary, nil) == nil {
		}
	}()
	for {
		if _, _, err := ws.Read(t.Context()); err != nil {
			if code := websocket.CloseStatus(err); code != websocket.StatusCode(wire.CloseFlooding) {
				t.Errorf("closed with %v", err)
			}
			break
		}
	}
	for name, want := range map[string]string{
		`chatter_closes_total{code="1008"}`: "1", `chatter_closes_total{code="1013"}`: "0", "chatter_frames_flooding_total": "1",
		"chatter_waiting_bytes": "0", "chatter_reading_bytes": "0", "chatter_storing_bytes": "0",
		"chatter_frames_no_memory_total": "0", "chatter_runs_given_up_total": "0", "chatter_rooms_refused_total": "0",
	} {
		await(t, name+" is "+want, func() (bool, any) {
			value := s.metric(t, name)
			return value == want, value
		})
	}
	s.stop()
	<-s.done
}

// The operator sees how many guests there are and how long they wait for an ack.
func TestMetrics_OfGuestsAndAcks(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	s := start(t, redis.URL)
	ws := s.dial(t, "/ws/chat/room/?since=0")
	until(t, ws, wire.EventLive)
	say(t, ws, "hello", wire.NewNonce())
	until(t, ws, wire.EventAck)
	await(t, "the first message of the only guest is counted", func() (bool, any) {
		got := []string{s.metric(t, "chatter_guests"), s.metric(t, "chatter_ack_seconds_count"), s.metric(t, `chatter_ack_seconds_bucket{le="+Inf"}`)}
		return slices.Equal(got, []string{"1", "1", "1"}), got
	})
	ws.CloseNow()
	await(t, "nobody is there", func() (bool, any) {
		got := s.metric(t, "chatter_guests")
		return got == "0", got
	})
	s.stop()
	<-s.done
}

// metric is the value that /metrics shows, or "" if it does not.
func (s *service) metric(t *testing.T, name string) string {
	t.Helper()
	resp, err := s.client("admin").Get("http://admin/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(body), "\n"+name+" ")
	value, _, _ := strings.Cut(rest, "\n")
	return value
}
