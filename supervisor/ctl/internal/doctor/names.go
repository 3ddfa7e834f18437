package doctor

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
)

// checkNames compares the addresses of the site's name with those of this machine. It asks the
// system's resolver and nobody else.
func checkNames(ctx context.Context, m *Machine, r *result) {
	site, s := m.public()
	host := hostOf(site)
	if _, err := netip.ParseAddr(host); host == "" || host == "localhost" || err == nil {
		r.notExamined("addresses of the site's name", "neither nginx nor --public-url names the site")
		return
	}
	found, err := m.lookup(ctx, host)
	if err != nil || len(found) == 0 {
		r.found(nameUnknown, fmt.Sprintf("the resolver of this machine does not know %s", host), host)
		return
	}
	own, err := m.addresses()
	if err != nil {
		r.notExamined("addresses of this machine", "%v", err)
		return
	}
	mine := map[netip.Addr]bool{}
	for _, a := range own {
		mine[a.Unmap()] = true
	}
	six := false
	for _, a := range found {
		a = a.Unmap()
		six = six || a.Is6()
		if !mine[a] {
			r.found(nameElsewhere, fmt.Sprintf("%s has the address %v, which this machine has not", host, a), host)
		}
	}
	if six && s != nil && !strings.Contains(s.title(), "[") {
		r.found(nameNoIPv6, host+" has an IPv6 address, and nginx listens on none")
	}
	r.figure = fmt.Sprintf("%d addresses", len(found))
}
