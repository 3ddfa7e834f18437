package machines_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"chatter/shared/wire"
	"chatter/supervisor/test/fixture"
)

// Each machine is upgraded or lost while guests talk through both web hosts. As the page sets
// them up (--ack-replicas 1), nothing that was acked is lost.
func TestMachines_AreUpgradedAndLost(t *testing.T) {
	if !inNamespaces(t) {
		return
	}
	m := setUp(t, "")
	m.awaitReady()
	for _, fault := range []struct {
		name    string
		gaps    bool // may be told
		do      func(c *crowd)
		recover func()
	}{
		{"rolling upgrade", false, m.rollingUpgrade, func() {}},
		{"a web host loses its link", false, func(*crowd) { m.web[0].link("down") }, func() { m.web[0].link("up") }},
		{"a web host loses power", false, func(*crowd) { m.web[1].off() }, func() { m.web[1].on(); m.web[1].startWeb() }},
		{"a replica loses power", false, func(*crowd) { m.redis[2].off() }, func() {
			m.redis[2].on()
			m.redis[2].startRedis()
			m.awaitReplicas(m.redis[0], 2)
			m.awaitSentinels()
		}},
		// Others may have seen a message that was not acked yet.
		{"the primary loses power", true, func(*crowd) { m.redis[0].off() }, func() {
			m.redis[0].on()
			m.redis[0].startRedis()
			m.awaitPrimary(m.redis[1], m.redis[0])
		}},
	} {
		worked := t.Run(fault.name, func(t *testing.T) {
			c := m.gather(t, fault.name)
			fault.do(c)
			c.goOn("after the fault", 3)
			fault.recover()
			m.awaitReady()
			c.goOn("after the recovery", 2)
			lost, gaps := c.end()
			if lost > 0 || gaps > 0 && !fault.gaps {
				t.Errorf("%d acked messages are lost, %d gaps are told", lost, gaps)
			}
		})
		if !worked {
			break // the next fault would meet machines that are not whole
		}
	}
}

// rollingUpgrade reloads both services on one web host after the other. Both hosts serve pages
// all the time.
func (m *machines) rollingUpgrade(c *crowd) {
	var stops []func() (int, []string)
	for _, h := range m.web {
		stops = append(stops, h.view())
	}
	for _, h := range m.web {
		started := func() int {
			return strings.Count(h.run("cat /var/log/chatter/*.log"), `"msg":"serving","service"`)
		}
		before := started()
		h.run("supervisorctl signal HUP 'httpd:*' 'wsd:*'")
		fixture.Await(m.t, "all processes of "+h.address+" run again", func() bool {
			return started() >= before+2*len(admins) && h.ready() == ""
		}, h.ready, func() string { return fmt.Sprint(before, " ", started(), h.logs()) })
		c.goOn(h.address+" is upgraded", 1)
	}
	for i, stop := range stops {
		views, failures := stop()
		m.t.Logf("%s: %d pages, %d failed", m.web[i].address, views, len(failures))
		if len(failures) > 0 || views == 0 {
			c.t.Errorf("%s: %d of %d pages failed: %q", m.web[i].address, len(failures), views, failures[:min(3, len(failures))])
		}
	}
}

// The primary loses its replicas, goes on alone, and loses power; then the replicas are back. That
// is the worst that asynchronous replication can meet. Without --ack-replicas, messages that were
// acked are lost, and all guests who saw them are told of a gap. With it none was acked.
func TestMachines_TheLastWritesOfAPrimary(t *testing.T) {
	if !inNamespaces(t) {
		return
	}
	for _, replicas := range []int{0, 1} {
		t.Run(fmt.Sprint("ack-replicas ", replicas), func(t *testing.T) {
			m := setUp(t, fmt.Sprintf("Environment=CHATTER_ACK_REPLICAS=%d\n", replicas))
			m.awaitReady()
			// The setting of the page bounds the loss to some seconds. Here time must not matter.
			m.redis[0].cli("6379", "config", "set", "min-replicas-to-write", "0")
			c := m.gather(t, "last writes")
			m.redis[1].link("down")
			m.redis[2].link("down")
			if replicas == 0 {
				c.goOn("without replicas", 3)
			} else {
				c.storedAndNotAcked()
			}
			m.redis[0].off()
			m.redis[1].link("up")
			m.redis[2].link("up")
			c.goOn("after the failover", 3)
			lost, gaps := c.end()
			if replicas == 0 && (lost == 0 || gaps == 0) {
				t.Errorf("%d acked messages are lost, %d gaps told: the replicas had all", lost, gaps)
			}
			if replicas == 1 && lost > 0 {
				t.Errorf("%d acked messages are lost", lost)
			}
		})
	}
}

// storedAndNotAcked waits until each guest has a message that the primary has, and was told that
// it is not stored. No message was acked meanwhile.
func (c *crowd) storedAndNotAcked() {
	c.t.Helper()
	waiting := func() bool {
		// Not through the Sentinels, most of which are away.
		log := c.machines.redis[0].cli("6379", "xrange", "chatter:room:{"+c.room.EscapedKey()+"}:log", "-", "+")
		stored := strings.Split(log, "\n")
		for _, p := range c.people {
			if unsent := p.Unsent(); len(unsent) == 0 || !slices.Contains(stored, unsent[0].Text) {
				return false
			}
		}
		return true
	}
	fixture.Await(c.t, "the primary has a message of each guest that is not acked", func() bool {
		acked := c.acked()
		return waiting() && c.acked() == acked
	}, c.states)
	acked, refused := c.acked(), c.refusals()
	fixture.Await(c.t, "each guest is refused twice", func() bool {
		for i, n := range c.refusals() {
			if n < refused[i]+2 {
				return false
			}
		}
		return true
	}, c.states)
	if now := c.acked(); now != acked {
		c.t.Errorf("%d messages are acked without a replica", now-acked)
	}
}

// refusals are how often each guest was told that its message is not stored.
func (c *crowd) refusals() (all []int) {
	for _, p := range c.people {
		p.note(func() { all = append(all, p.refused[wire.CodeUnavailable]) })
	}
	return all
}

// view asks a host for a page until stop is called, which returns how often and the failures.
func (h *host) view() (stop func() (views int, failures []string)) {
	ctx, cancel := context.WithCancel(context.Background())
	web := &http.Client{Transport: &http.Transport{DialContext: browser([]*host{h}, 0), DisableKeepAlives: true}, Timeout: fixture.HangLimit}
	type result struct {
		views    int
		failures []string
	}
	ended := make(chan result, 1)
	go func() {
		var r result
		for ctx.Err() == nil {
			r.views++
			resp, err := web.Get(site)
			if err != nil {
				r.failures = append(r.failures, err.Error())
				continue
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				r.failures = append(r.failures, resp.Status)
			}
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
		ended <- r
	}()
	return func() (int, []string) {
		cancel()
		r := <-ended
		return r.views, r.failures
	}
}
