package main

import "net"

// addressOf returns loopback address number n, and further on the first ones again. The
// limits of the site count each address for itself.
func addressOf(n int) *net.TCPAddr {
	return &net.TCPAddr{IP: net.IPv4(127, byte(1+n>>16&0x3f), byte(n>>8), byte(n))}
}
