package machines_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"chatter/supervisor/test/fixture"
)

// clusterSetting is the address of the Cluster as the page says it.
const clusterSetting = "redis://:0123456789abcdef0123456789abcdef@192.0.2.11:6379,192.0.2.12:6379,192.0.2.13:6379"

// The host of a Cluster's primary is lost while guests talk in a room of this primary. Messages
// that were acked may be lost; then the guests who saw them are told of a gap.
func TestMachines_AClusterLosesAHost(t *testing.T) {
	if !inNamespaces(t) {
		return
	}
	m := newMachines(t, "## A Cluster instead", "Environment=CHATTER_REDIS="+clusterSetting+"\nEnvironment=CHATTER_ACK_REPLICAS=0\n")
	for _, h := range m.redis {
		fixture.Await(t, "both Redis of "+h.address+" answer", func() bool {
			return h.cli("6379", "ping") == "PONG" && h.cli("6380", "ping") == "PONG"
		})
	}
	m.redis[0].run(commandsUnder(t, "### Create the Cluster"))
	m.awaitCluster()
	m.awaitReady()
	c := m.gather(t, m.roomOfFirst())
	m.redis[0].off()
	c.goOn("after the loss of a host", 3)
	m.redis[0].on()
	m.redis[0].startRedis()
	m.awaitCluster()
	m.awaitReady()
	c.goOn("after its return", 2)
	if lost, gaps := c.end(); lost > 0 && gaps == 0 {
		t.Errorf("%d acked messages are lost and nobody is told", lost)
	}
}

// awaitCluster waits until three primaries have all slots and a replica each.
func (m *machines) awaitCluster() {
	m.t.Helper()
	for _, h := range m.redis {
		nodes := func() string { return h.cli("6379", "cluster", "nodes") }
		fixture.Await(m.t, "the Cluster is whole for "+h.address, func() bool {
			all := nodes()
			return strings.Contains(h.cli("6379", "cluster", "info"), "cluster_state:ok") && strings.Count(all, "master -") == 3 && strings.Count(all, "slave ") == 3 && !strings.Contains(all, "fail")
		}, nodes)
	}
}

// roomOfFirst is the name of a room whose slot the first host's primary has.
func (m *machines) roomOfFirst() string {
	m.t.Helper()
	for i := range 100 {
		room := fmt.Sprint("room", i)
		slot, err := strconv.Atoi(m.redis[0].cli("6379", "cluster", "keyslot", room))
		if err != nil {
			m.t.Fatal(err)
		}
		if slot < 5461 {
			return room
		}
	}
	m.t.Fatal("no room is on the first primary")
	return ""
}
