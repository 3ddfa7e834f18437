package main

import (
	"slices"
	"strings"
	"testing"

	"chatter/shared/redisconn"
	"chatter/shared/wire"
)

// logOf is a room's log as Redis has it.
func logOf(t *testing.T, c *redisconn.Client, room string) (entries []wire.Entry) {
	t.Helper()
	messages, err := c.Universal().XRange(t.Context(), "chatter:room:{"+room+"}:log", "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		id, err := wire.ParseID(m.ID)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, wire.Entry{ID: id, Text: m.Values["m"].(string)})
	}
	return entries
}

// checkStored checks that what was acked stands in the log under its ID, once
// and in the order it was said.
func (c *crowd) checkStored(client *redisconn.Client) {
	c.t.Helper()
	for _, p := range c.speakers {
		var said []wire.Entry
		for _, e := range logOf(c.t, client, p.room) {
			if strings.HasPrefix(e.Text, p.name+"-") {
				said = append(said, e)
			}
		}
		if !slices.Equal(said, p.acked) {
			c.t.Errorf("%s: acked %v\nthe log has %v", p.name, p.acked, said)
		}
	}
}

// checkSeen checks that every member has come to see the log as it is: all of
// it, or its end since it came or was told of a gap.
func (c *crowd) checkSeen(client *redisconn.Client) {
	c.t.Helper()
	for _, m := range c.members {
		log := logOf(c.t, client, m.room)
		var last wire.Entry // none in an empty log
		if len(log) > 0 {
			last = log[len(log)-1]
		}
		m.until("it has seen "+last.Text, func() bool { return m.live && m.since == last.ID })
		m.mu.Lock()
		if len(m.wrong) > 0 {
			c.t.Errorf("room %s: %q", m.room, m.wrong)
		}
		if n := len(m.entries); n > len(log) || !slices.Equal(m.entries, log[len(log)-n:]) || n < m.due(log) {
			c.t.Errorf("room %s, %d gaps: seen %v\nthe log has %v", m.room, m.gaps, m.entries, log)
		}
		m.mu.Unlock()
	}
}

// due is how much of the log it must have seen at least.
func (m *member) due(log []wire.Entry) int {
	if m.gaps == 0 && !m.from.IsZero() {
		return len(log) - 1 - slices.IndexFunc(log, func(e wire.Entry) bool { return e.ID == m.from })
	}
	return min(len(log), wire.HistoryPage)
}

func (c *crowd) gaps() (n int) {
	for _, m := range c.members {
		m.mu.Lock()
		n += m.gaps
		m.mu.Unlock()
	}
	return n
}

// lost is how many acked messages are not in the log.
func (c *crowd) lost(client *redisconn.Client) (n int) {
	for _, p := range c.speakers {
		log := logOf(c.t, client, p.room)
		for _, e := range p.acked {
			if !slices.Contains(log, e) {
				n++
			}
		}
	}
	return n
}
