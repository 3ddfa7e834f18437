package redistest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"chatter/shared/redisconn"
)

// slots is how many a Cluster has.
const slots = 16384

// Cluster is a Redis Cluster of three primaries on the loopback.
type Cluster struct {
	URL   string
	Nodes []*Node
}

// Node is a server of a Cluster.
type Node struct {
	*Server
	port, id string
	last     int // of its slots
}

// StartCluster starts a Cluster, as Start does a server. It takes some
// seconds: a node that has just begun does not trust itself yet.
func StartCluster(t testing.TB) *Cluster {
	t.Helper()
	c := new(Cluster)
	var addrs []string
	for i := range 3 {
		port, bus := Port(t), Port(t)
		n := &Node{port: port, last: (i+1)*slots/3 - 1, Server: Start(t, "--port", port, "--bind", "127.0.0.1",
			"--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", "20000")}
		n.id = n.Do("CLUSTER", "MYID")
		n.Do("CLUSTER", "SET-CONFIG-EPOCH", i+1)
		n.Do("CLUSTER", "ADDSLOTSRANGE", i*slots/3, n.last)
		for _, other := range c.Nodes {
			other.Do("CLUSTER", "MEET", "127.0.0.1", port, bus)
		}
		c.Nodes = append(c.Nodes, n)
		addrs = append(addrs, "127.0.0.1:"+port)
	}
	c.URL = "redis://" + strings.Join(addrs, ",")
	for _, n := range c.Nodes {
		await(t, "the Cluster stands", func(context.Context) (bool, string) {
			info := n.Do("CLUSTER", "INFO")
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3"), info
		})
	}
	return c
}

// AddReplicas gives each primary a replica and waits until it follows. The replicas are in the
// order of Nodes.
func (c *Cluster) AddReplicas(t testing.TB) (replicas []*Server) {
	t.Helper()
	for _, primary := range c.Nodes {
		port, bus := Port(t), Port(t)
		r := Start(t, "--port", port, "--bind", "127.0.0.1", "--cluster-enabled", "yes", "--cluster-port", bus,
			"--cluster-node-timeout", "20000", "--repl-diskless-sync-delay", "0")
		primary.Do("CLUSTER", "MEET", "127.0.0.1", port, bus)
		await(t, "the new node knows the primary", func(context.Context) (bool, string) {
			answer, err := r.Try("CLUSTER", "REPLICATE", primary.id)
			return err == nil, fmt.Sprint(answer, err)
		})
		replicas = append(replicas, r)
	}
	for _, r := range replicas {
		await(t, "the replica follows", func(context.Context) (bool, string) {
			info := r.Do("INFO", "replication")
			return strings.Contains(info, "master_link_status:up"), info
		})
	}
	return replicas
}

// Owner returns which of the Nodes had the slot of a key in the beginning.
func (c *Cluster) Owner(t testing.TB, key string) int {
	t.Helper()
	slot, err := strconv.Atoi(c.Nodes[0].Do("CLUSTER", "KEYSLOT", key))
	if err != nil {
		t.Fatal(err)
	}
	return slices.IndexFunc(c.Nodes, func(n *Node) bool { return slot <= n.last })
}

// Client makes a client of the Cluster. The caller closes it.
func (c *Cluster) Client(t testing.TB) *redisconn.Client {
	t.Helper()
	client, err := redisconn.Open(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// Errors is how often the nodes have answered with an error of that kind,
// "MOVED" for one.
func (c *Cluster) Errors(kind string) (n int) {
	for _, node := range c.Nodes {
		for line := range strings.Lines(node.Do("INFO", "errorstats")) {
			var count int
			if _, err := fmt.Sscanf(line, "errorstat_"+kind+":count=%d", &count); err == nil {
				n += count
			}
		}
	}
	return n
}

// AwaitError waits until the nodes have answered with an error of that kind.
func (c *Cluster) AwaitError(t testing.TB, kind string) {
	t.Helper()
	await(t, "somebody meets "+kind, func(context.Context) (bool, string) {
		return c.Errors(kind) > 0, "no such error"
	})
}

// Move is a slot on its way from one node to another.
type Move struct {
	t        testing.TB
	cluster  *Cluster
	slot     int
	from, to *Node
}

// Move begins to move the slot of key to another node: from here on the one
// asks to look at the other for what it does not have.
func (c *Cluster) Move(t testing.TB, key string) *Move {
	t.Helper()
	slot, err := strconv.Atoi(c.Nodes[0].Do("CLUSTER", "KEYSLOT", key))
	if err != nil {
		t.Fatal(err)
	}
	owner := c.Owner(t, key)
	m := &Move{t: t, cluster: c, slot: slot, from: c.Nodes[owner], to: c.Nodes[(owner+1)%len(c.Nodes)]}
	m.to.Do("CLUSTER", "SETSLOT", m.slot, "IMPORTING", m.from.id)
	m.from.Do("CLUSTER", "SETSLOT", m.slot, "MIGRATING", m.to.id)
	return m
}

// Keys moves all keys of the slot.
func (m *Move) Keys() {
	m.t.Helper()
	for {
		keys := strings.Fields(m.from.Do("CLUSTER", "GETKEYSINSLOT", m.slot, 50))
		if len(keys) == 0 {
			return
		}
		args := []any{"MIGRATE", "127.0.0.1", m.to.port, "", 0, hangLimit.Milliseconds(), "KEYS"}
		for _, key := range keys {
			args = append(args, key)
		}
		m.from.Do(args...)
	}
}

// Subscribers is how many connections follow a sharded channel of the slot on the node
// where the slot goes.
func (m *Move) Subscribers(channel string) (n int) {
	m.t.Helper()
	answer := m.to.Do("PUBSUB", "SHARDNUMSUB", channel)
	if _, err := fmt.Sscanf(answer, "["+channel+" %d]", &n); err != nil {
		m.t.Fatalf("PUBSUB SHARDNUMSUB %s: %q: %v", channel, answer, err)
	}
	return n
}

// End makes the other node the slot's.
func (m *Move) End() {
	m.t.Helper()
	m.to.Do("CLUSTER", "SETSLOT", m.slot, "NODE", m.to.id)
	for _, n := range m.cluster.Nodes {
		if n != m.to {
			n.Do("CLUSTER", "SETSLOT", m.slot, "NODE", m.to.id)
		}
	}
}
