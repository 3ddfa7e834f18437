package limits

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// request comes from peer, "" for a unix socket, with this X-Real-IP, "" for none.
func request(peer, realIP string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if peer == "" {
		local := context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(&net.UnixAddr{Name: "s", Net: "unix"}))
		r, peer = r.WithContext(local), "@"
	}
	r.RemoteAddr = peer
	if realIP != "" {
		r.Header.Set("X-Real-IP", realIP)
	}
	return r
}

func TestClasses_Of(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	for _, test := range []struct {
		name string
		a, b *http.Request
		same bool
	}{
		{"one IPv4 address", request("", "198.51.100.1"), request("", "198.51.100.1"), true},
		{"two IPv4 addresses", request("", "198.51.100.1"), request("", "198.51.100.2"), false},
		{"one IPv6 /64", request("", "2001:db8::1"), request("", "2001:db8::ffff:2"), true},
		{"two IPv6 /64", request("", "2001:db8::1"), request("", "2001:db8:0:1::1"), false},
		{"an IPv4 address in an IPv6 one", request("", "::ffff:198.51.100.1"), request("", "198.51.100.1"), true},
		{"two IPv4 addresses in IPv6 ones", request("", "::ffff:198.51.100.1"), request("", "::ffff:198.51.100.2"), false},
		{"one link-local network", request("", "fe80::1%eth0"), request("", "fe80::2%eth1"), true},
		{"a client that names its address itself", request("203.0.113.9:1", "198.51.100.1"), request("203.0.113.9:2", "198.51.100.2"), true},
		{"that client and the one that it names", request("203.0.113.9:1", "198.51.100.1"), request("", "198.51.100.1"), false},
		{"a trusted proxy", request("192.0.2.7:1", "198.51.100.1"), request("", "198.51.100.1"), true},
		{"no address and a malformed one", request("", ""), request("", "198.51.100"), true},
		{"no address and one", request("", ""), request("", "198.51.100.1"), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := NewClasses(proxies)
			if same := c.Of(test.a, start) == c.Of(test.b, start); same != test.same {
				t.Errorf("same class: %v, want %v", same, test.same)
			}
		})
	}
}

func TestClasses_KeyChangesEveryHour(t *testing.T) {
	c, r := NewClasses(nil), request("", "198.51.100.1")
	first := c.Of(r, start)
	if c.Of(r, start.Add(keyLife-1)) != first {
		t.Error("the key changed within its life")
	}
	if c.Of(r, start.Add(keyLife)) == first {
		t.Error("the key is still the same after its life")
	}
	if next := c.Of(r, start.Add(keyLife)); next.Life() != first.Life()+1 {
		t.Errorf("the life is %d after %d", next.Life(), first.Life())
	}
	if NewClasses(nil).Of(r, start) == first {
		t.Error("two processes have the same key")
	}
}
