package redisconn

import (
	"net"
	"net/netip"
	"strconv"
)

// Reach is where the connections of a client lead.
type Reach struct {
	Socket  string // file of a Unix socket; "" = TCP
	Port    uint16 // the only one; 0 = the nodes of a Cluster, or Sentinels, name further ones
	Lookup  bool   // a host may be a name, not an address
	Secured bool   // over TLS
}

// Reach returns where the connections lead. Replicas of a single server are not in it: Redis
// names them, and their port may be another one.
func (o Options) Reach() Reach {
	switch {
	case o.cluster != nil:
		return Reach{Lookup: true, Secured: o.cluster.TLSConfig != nil}
	case o.sentinel != nil:
		return Reach{Lookup: true, Secured: o.sentinel.TLSConfig != nil}
	case o.single.Network == "unix":
		return Reach{Socket: o.single.Addr}
	}
	host, port, _ := net.SplitHostPort(o.single.Addr) // Parse has checked it
	n, _ := strconv.ParseUint(port, 10, 16)
	_, err := netip.ParseAddr(host)
	return Reach{Port: uint16(n), Lookup: err != nil, Secured: o.single.TLSConfig != nil}
}
