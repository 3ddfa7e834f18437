package redistest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// primaryName is by what name the Sentinel knows the primary.
const primaryName = "chatter"

// Sentinel watches over two servers, one the replica of the other.
type Sentinel struct {
	URL  string
	Pair [2]*Server // the primary of the beginning first

	t      testing.TB
	server *Server
	ports  [2]string
}

// StartSentinel starts a primary, a replica and a Sentinel, as Start does a
// server, and waits until they know each other. The arguments are those of the
// pair.
func StartSentinel(t testing.TB, args ...string) *Sentinel {
	t.Helper()
	s := &Sentinel{t: t, ports: [2]string{Port(t), Port(t)}}
	for i, port := range s.ports {
		all := append([]string{"--port", port, "--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0"}, args...)
		if i > 0 {
			all = append(all, "--replicaof", "127.0.0.1", s.ports[0])
		}
		s.Pair[i] = Start(t, all...)
	}
	await(t, "the replica follows", func(context.Context) (bool, string) {
		info := s.Pair[1].Do("INFO", "replication")
		return strings.Contains(info, "master_link_status:up"), info
	})

	port := Port(t)
	s.server = prepare(t, "--port", port, "--bind", "127.0.0.1")
	// A Sentinel keeps what it knows in its configuration.
	conf := filepath.Join(s.server.dir, "conf")
	if err := os.WriteFile(conf, []byte("sentinel monitor "+primaryName+" 127.0.0.1 "+s.ports[0]+" 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.server.conf = []string{conf, "--sentinel"}
	s.server.Run()
	s.URL = "redis://127.0.0.1:" + port + "?master_name=" + primaryName
	await(t, "the Sentinel knows the replica", func(context.Context) (bool, string) {
		info := s.server.Do("INFO", "sentinel")
		return strings.Contains(info, "slaves=1"), info
	})
	return s
}

// Failover has the two change roles and waits until the Sentinel tells so to
// who asks it. The old primary goes on as one until the Sentinel demotes it,
// some seconds later.
func (s *Sentinel) Failover() {
	s.t.Helper()
	await(s.t, "the Sentinel begins", func(context.Context) (bool, string) {
		_, err := s.server.Try("SENTINEL", "FAILOVER", primaryName)
		return err == nil, fmt.Sprint(err)
	})
	await(s.t, "the Sentinel names the other", func(context.Context) (bool, string) {
		address := s.server.Do("SENTINEL", "GET-MASTER-ADDR-BY-NAME", primaryName)
		return strings.HasSuffix(address, s.ports[1]), address
	})
}

// AwaitDemotion waits until the old primary follows the new one.
func (s *Sentinel) AwaitDemotion() {
	s.t.Helper()
	await(s.t, "the old primary follows the new one", func(context.Context) (bool, string) {
		info := s.Pair[0].Do("INFO", "replication")
		return strings.Contains(info, "master_link_status:up"), info
	})
}
