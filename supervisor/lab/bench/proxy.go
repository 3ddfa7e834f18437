//go:build linux

package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"chatter/nginx"
	"chatter/supervisor/run/child"
)

// startNginx starts nginx in front of the server.
func (t *target) startNginx() {
	l := t.listen()
	addr, server := l.Addr().(*net.TCPAddr).AddrPort(), t.addrs[0].String()
	l.Close()
	const many = 60_000
	prefix := filepath.Join(t.dir, "nginx")
	t.fail(nginx.Write(prefix, nginx.Main{User: "root", Files: many}, nginx.Site{
		Listen: addr.String(), HTTPD: server, WSD: server, SocketsPerAddress: many, HandshakesPerSecond: many, RequestsPerSecond: many,
	}))
	t.nginx, t.addrs[0] = t.run(exec.Command("nginx", "-p", prefix, "-c", "nginx.conf", "-g", "daemon off;")), addr
	var workers []int
	t.until("nginx", func() bool {
		workers = child.Of(t.nginx.pid())
		return len(workers) == onlineCores()
	})
	t.pids = append(t.pids, workers...)
}

// nginxMemory is the memory of nginx and its workers.
func (t *target) nginxMemory() (total float64) {
	if t.nginx != nil {
		for _, pid := range append(child.Of(t.nginx.pid()), t.nginx.pid()) {
			total += t.memoryOf(pid)
		}
	}
	return total
}

// onlineCores is the number of workers that nginx starts by itself. This process may be
// allowed fewer cores.
func onlineCores() int {
	text, _ := os.ReadFile("/proc/stat")
	return strings.Count(string(text), "\ncpu")
}
