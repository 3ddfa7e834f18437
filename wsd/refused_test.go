package main

import (
	"fmt"
	"strings"
	"testing"

	"chatter/shared/redistest"
	"chatter/shared/wire"
)

// A Redis that refuses a command repeats its keys and texts in the answer.
func TestRefused_TheLogNamesTheCommandAndNoRoom(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--rename-command", "XADD", "")
	s := start(t, server.URL)
	defer func() { s.stop(); <-s.done }()
	ws := s.dial(t, "/ws/chat/secretroom/?since=0")
	until(t, ws, wire.EventLive)
	say(t, ws, "secrettext", wire.NewNonce())
	if e := until(t, ws, wire.EventRefused); e.Code != wire.CodeUnavailable {
		t.Errorf("refused: %+v", e)
	}
	await(t, "the log says why", func() (bool, any) {
		text := s.log.String()
		return strings.Contains(text, "messages cannot be stored") && strings.Contains(text, "Redis answered ERR"), text
	})
	await(t, "/readyz names the command", func() (bool, any) {
		body := s.body(t, "/readyz")
		return strings.Contains(body, "XADD (Redis answered ERR)"), body
	})
	text := s.log.String()
	if strings.Contains(text, "secret") || !strings.Contains(text, "XADD (Redis answered ERR)") {
		t.Errorf("the log holds the room or the text, or does not name the command:\n%s", text)
	}
}

// With an ACL user that has no channels, no room becomes live. /readyz says why.
func TestRefused_ReadyzNamesTheChannels(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.Do("ACL", "SETUSER", "default", "resetchannels")
	s := start(t, server.URL)
	defer func() { s.stop(); <-s.done }()
	await(t, "/readyz names the commands", func() (bool, any) {
		body := s.body(t, "/readyz")
		return strings.Contains(body, "PUBLISH (Redis answered NOPERM), SUBSCRIBE (Redis answered NOPERM)"), fmt.Sprint(body)
	})
}

// The retention job runs in the service: an expired message of another process goes, and the
// operator sees the age of the file.
func TestRefused_ARewriteIsNamedOnReadyz(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--rename-command", "BGREWRITEAOF", "")
	server.Do("XADD", "chatter:room:{old}:log", "1-0", "m", "x")
	s := start(t, server.URL)
	defer func() { s.stop(); <-s.done }()
	await(t, "/readyz names the file", func() (bool, any) {
		body := s.body(t, "/readyz")
		return strings.Contains(body, "the append-only file of the primary may keep messages that are expired: it refuses BGREWRITEAOF"), body
	})
	if got := s.metric(t, "chatter_findings"); got == "0" || got == "" {
		t.Errorf("/metrics counts %q findings", got)
	}
	await(t, "the expired log is gone", func() (bool, any) {
		keys := server.Do("KEYS", "*:log")
		return keys == "", keys
	})
}
