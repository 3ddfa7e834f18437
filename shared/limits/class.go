// Package limits bounds what one client, one address class and one room may take from the
// others.
//
// The class of a client is its IPv4 address or its IPv6 /64, because a network gives each of
// its hosts a whole /64. A class appears only as a hash. Its key exists only in this process's
// memory and changes every hour, so that no class is known for longer than two hours. A class
// is never logged and never stored.
package limits

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Class is the hash of an address class. The zero Class holds all clients whose address is
// not known. Classes compare with ==, within the same life.
type Class [16]byte

// Life is the number of the key with which the class is hashed. Classes of different lives
// may be the same client.
func (c Class) Life() uint32 { return binary.BigEndian.Uint32(c[:lifeBytes]) }

const lifeBytes = 4

const keyBytes = 32

// keyLife is how long classes are hashed with the same key.
const keyLife = time.Hour

// Classes finds the classes of requests. It is safe for concurrent use.
type Classes struct {
	trusted []netip.Prefix

	mu    sync.Mutex
	key   [keyBytes]byte
	life  uint32    // how many keys there were
	until time.Time // the key changes then
}

// NewClasses returns Classes that trust the header X-Real-IP of requests that come over a unix
// socket or from one of these proxies.
func NewClasses(trusted []netip.Prefix) *Classes { return &Classes{trusted: trusted} }

// Network is the address class of a client as it is: an IPv4 address or an IPv6 /64. The zero
// Network is one that is not known. A socket keeps it, because its class changes every hour.
// It is never logged or stored.
type Network struct{ prefix netip.Prefix }

// NetworkOf returns the network of the request's client.
func (c *Classes) NetworkOf(r *http.Request) Network {
	addr := c.clientOf(r)
	if !addr.IsValid() {
		return Network{}
	}
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	return Network{netip.PrefixFrom(addr, bits).Masked()}
}

// Of returns the class of the request's client.
func (c *Classes) Of(r *http.Request, now time.Time) Class { return c.Class(c.NetworkOf(r), now) }

// Class returns the class of the clients of a network.
func (c *Classes) Class(n Network, now time.Time) Class {
	if n == (Network{}) {
		return Class{}
	}
	key, life := c.currentKey(now)
	sum := n.hash(key[:])
	return Class(append(binary.BigEndian.AppendUint32(nil, life), sum[:len(Class{})-lifeBytes]...))
}

// hash returns a keyed hash of the network, which has a fixed length.
func (n Network) hash(key []byte) [sha256.Size]byte {
	addr := n.prefix.Addr().As16()
	text := append(make([]byte, 0, len(addr)+1), addr[:]...)
	return hash(key, append(text, byte(n.prefix.Bits())), "")
}

// hash returns a hash under the first bytes of a key. The length of first must not vary if
// there is a second text.
func hash(key, first []byte, second string) [sha256.Size]byte {
	var text [256]byte // on the stack
	b := append(text[:0], key[:keyBytes]...)
	b = append(b, first...)
	return sha256.Sum256(append(b, second...))
}

// clientOf returns the address of the client, the zero Addr if it is not known.
func (c *Classes) clientOf(r *http.Request) netip.Addr {
	peer, isTCP := peerOf(r)
	if isTCP && !c.trusts(peer) {
		return peer
	}
	addr, err := netip.ParseAddr(r.Header.Get("X-Real-IP"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

// peerOf returns the address at the other end of the connection, and whether there is one: a
// unix socket has none.
func peerOf(r *http.Request) (netip.Addr, bool) {
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && local.Network() == "unix" {
		return netip.Addr{}, false
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, true
	}
	return peer.Addr().Unmap().WithZone(""), true
}

func (c *Classes) trusts(peer netip.Addr) bool {
	return slices.ContainsFunc(c.trusted, func(network netip.Prefix) bool { return network.Contains(peer) })
}

func (c *Classes) currentKey(now time.Time) (key [keyBytes]byte, life uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !now.Before(c.until) {
		rand.Read(c.key[:])
		c.life++
		c.until = now.Add(keyLife)
	}
	return c.key, c.life
}
