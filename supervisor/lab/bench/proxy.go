//go:build linux

package main

import (
	"net"
	"os/exec"
	"path/filepath"

	"chatter/nginx"
	"chatter/supervisor/run/child"
)

// startNginx starts nginx in front of the server.
func (t *target) startNginx() {
	l := t.listen()
	addr := l.Addr().(*net.TCPAddr).AddrPort()
	l.Close()
	const many = 60_000
	prefix := filepath.Join(t.dir, "nginx")
	t.fail(nginx.Write(prefix, nginx.Main{User: "root", Files: many}, nginx.Site{
		Listen: addr.String(), HTTPD: t.wsdSocket(), WSD: t.wsdSocket(), SocketsPerAddress: many, HandshakesPerSecond: many, RequestsPerSecond: many,
	}))
	t.nginx, t.addrs[0] = t.run(exec.Command("nginx", "-p", prefix, "-c", "nginx.conf", "-g", "daemon off;")), addr
	t.until("nginx", func() bool { return len(t.workers()) > 0 }) // It listens before it starts them.
}

// workers are the workers of nginx.
func (t *target) workers() []int {
	if t.nginx == nil {
		return nil
	}
	return child.Of(t.nginx.pid())
}

// nginxMemory is the memory of nginx and its workers.
func (t *target) nginxMemory() (total float64) {
	if t.nginx != nil {
		for _, pid := range append(t.workers(), t.nginx.pid()) {
			total += t.memoryOf(pid)
		}
	}
	return total
}
