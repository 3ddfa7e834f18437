package machines_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
	"chatter/supervisor/test/fixture"
)

// machines are two web hosts and three Redis hosts.
type machines struct {
	t     *testing.T
	web   []*host
	redis []*host
	log   *roomlog.Log
	admin *redisconn.Client
}

const secret = "Zm9yIHRoZSBtYWNoaW5lcyBvZiBhIHRlc3QgYWxvbmUu"

// setUp makes all machines as the page says with Sentinels, and with further settings of the web
// hosts.
func setUp(t *testing.T, settings string) *machines {
	t.Helper()
	m := newMachines(t, "## Redis hosts", settings)
	m.awaitReplicas(m.redis[0], 2)
	m.awaitSentinels()
	return m
}

// newMachines makes all machines, those of Redis as the page says under a heading.
func newMachines(t *testing.T, heading, settings string) *machines {
	t.Helper()
	disks := fixture.Dir(t)
	command(t, "mount", "-t", "tmpfs", "disks", disks)
	t.Cleanup(func() { command(t, "umount", "-l", disks) })
	m := &machines{t: t}
	for i := range 3 {
		h := newHost(t, disks, fmt.Sprintf("192.0.2.1%d", 1+i))
		h.setUpRedis(heading)
		h.startRedis()
		m.redis = append(m.redis, h)
	}
	for i := range 2 {
		h := newHost(t, disks, fmt.Sprintf("192.0.2.2%d", 1+i))
		h.setUpWeb(secret, settings)
		m.web = append(m.web, h)
	}
	var err error
	m.admin, err = redisconn.Open(redisSetting(m.web[0]))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.admin.Close() })
	m.log = roomlog.New(m.admin, roomlog.Options{})
	t.Cleanup(m.log.Close)
	return m
}

// redisSetting is the address of Redis that the page sets on a web host.
func redisSetting(h *host) string {
	h.t.Helper()
	return strings.TrimSpace(h.run("sed -n 's/^\\(Environment=\\)\\?CHATTER_REDIS=//p' /etc/chatter/settings /etc/systemd/system/supervisor.service.d/chatter.conf | tail -n 1"))
}

// cli asks a Redis or Sentinel of a host.
func (h *host) cli(port string, args ...string) string {
	password := strings.TrimSpace(h.run("sed -n 's/^requirepass //p' /etc/redis/machines.conf"))
	all := append([]string{"redis-cli", "--no-auth-warning", "-a", password, "-p", port}, args...)
	out, _ := h.inside(all...).CombinedOutput()
	return strings.TrimSpace(string(out))
}

// awaitReplicas waits until so many replicas follow a primary.
func (m *machines) awaitReplicas(primary *host, n int) {
	m.t.Helper()
	info := func() string { return primary.cli("6379", "info", "replication") }
	fixture.Await(m.t, fmt.Sprintf("%d replicas follow %s", n, primary.address), func() bool {
		return strings.Contains(info(), "role:master") && strings.Count(info(), "state=online") == n
	}, info)
}

// awaitSentinels waits until each Sentinel knows the two others and two replicas.
func (m *machines) awaitSentinels() {
	m.t.Helper()
	for _, h := range m.redis {
		info := func() string { return h.cli("26379", "info", "sentinel") }
		fixture.Await(m.t, "the Sentinel of "+h.address+" knows all", func() bool {
			return strings.Contains(info(), "status=ok") && strings.Contains(info(), "slaves=2,sentinels=3")
		}, info)
	}
}

// awaitPrimary waits until another host than one is the primary and all others follow it.
func (m *machines) awaitPrimary(asked, not *host) {
	m.t.Helper()
	address := func() string { return asked.cli("26379", "sentinel", "get-master-addr-by-name", "chatter") }
	fixture.Await(m.t, "there is another primary", func() bool { return !strings.HasPrefix(address(), not.address) }, address)
	for _, h := range m.redis {
		if strings.HasPrefix(address(), h.address+"\n") {
			m.awaitReplicas(h, 2)
		}
	}
}

// awaitReady waits until no process of the web hosts warns.
func (m *machines) awaitReady() {
	m.t.Helper()
	for _, h := range m.web {
		fixture.Await(m.t, h.address+" is ready", func() bool { return h.ready() == "" }, h.ready)
	}
}

// entries are the whole log of a room, nil while Redis does not answer.
func (m *machines) entries(room name.Room) []wire.Entry {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	entries, _, err := m.log.After(ctx, room, wire.ID{}, 1_000_000)
	if err != nil {
		return nil
	}
	return entries
}
