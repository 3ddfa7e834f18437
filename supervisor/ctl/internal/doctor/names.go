package doctor

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

var namesCheck = check{"names", checkNames, nothing, []kind{
	{"name-unknown", Danger, "guests do not find the site", "add an A or AAAA record for %s"},
	{"name-elsewhere", Warning, "guests may get to another machine; right behind NAT or a proxy", "correct the A and AAAA records of %s"},
	{"name-no-ipv6", Warning, "guests with IPv6 wait or see an error", "add listen [::]:443 to nginx, or remove the AAAA record"},
}}

// checkNames compares the addresses of the site's name with those of this machine. It asks the
// system's resolver and nobody else.
func checkNames(ctx context.Context, m *Machine, r *result) {
	host := m.host()
	if _, err := netip.ParseAddr(host); host == "" || host == "localhost" || err == nil {
		r.notExamined("addresses of the site's name", "neither nginx nor --public-url names the site")
		return
	}
	found, err := m.lookup(ctx, host)
	if err != nil || len(found) == 0 {
		r.find("name-unknown", "the resolver of this machine does not know %s", host).fill(host)
		return
	}
	own, err := m.addresses()
	if err != nil {
		r.notExamined("addresses of this machine", "%v", err)
		return
	}
	var mine []netip.Addr
	for _, address := range own {
		if prefix, err := netip.ParsePrefix(address.String()); err == nil {
			mine = append(mine, prefix.Addr().Unmap())
		}
	}
	hasIPv6 := false
	for _, a := range found {
		a = a.Unmap()
		hasIPv6 = hasIPv6 || a.Is6()
		if !slices.Contains(mine, a) {
			r.find("name-elsewhere", "%s has the address %v, which this machine has not", host, a).fill(host)
		}
	}
	if hasIPv6 && m.server != nil && !strings.Contains(m.server.title(), "[") {
		r.find("name-no-ipv6", "%s has an IPv6 address, and nginx listens on none", host)
	}
	r.figure = fmt.Sprintf("%d addresses", len(found))
}
