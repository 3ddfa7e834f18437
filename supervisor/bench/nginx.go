package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"chatter/nginx"
)

// portTries bounds how often startNginx looks for a free port, which another process may
// take before nginx does.
const portTries = 5

// startNginx puts nginx before the first server.
func (l lab) startNginx(r *rig) error {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return err
	}
	workers := onlineCores(stat)
	for range portTries {
		port, err := freePort()
		if err != nil {
			return err
		}
		p, err := l.nginxAt(r, port)
		if err != nil {
			return err
		}
		// nginx starts its workers when it listens, and ends when it cannot listen.
		ended := false
		err = l.until(func() bool {
			select {
			case <-p.ended:
				ended = true
			default:
			}
			return ended || len(childrenOf(p.pid)) >= workers
		})
		if ended && err == nil {
			continue
		}
		r.front = append(r.front, p)
		if err != nil {
			return fmt.Errorf("nginx has not started %d workers: %w", workers, err)
		}
		r.servers[0].Addr = port
		r.accs = append(append(r.accs, p.pid), childrenOf(p.pid)...)
		return nil
	}
	return errors.New("nginx ended each time; its complaint is on standard error")
}

// nginxAt starts nginx on an address.
func (l lab) nginxAt(r *rig, addr string) (*process, error) {
	prefix := filepath.Join(r.dir, "nginx")
	site := nginx.Site{
		Listen: addr, HTTPD: r.servers[0].Addr, WSD: r.servers[0].Addr,
		SocketsPerAddress: 60_000, HandshakesPerSecond: 60_000,
	}
	if err := nginx.Write(prefix, nginx.Main{User: "root", Files: 60_000}, site); err != nil {
		return nil, err
	}
	cmd := exec.Command(l.programs["nginx"], "-p", prefix, "-c", "nginx.conf", "-g", "daemon off;")
	cmd.Stderr = os.Stderr
	p, err := start(cmd)
	if err != nil {
		return nil, err
	}
	p.end = syscall.SIGTERM // killed, it would leave its workers behind
	return p, nil
}

// onlineCores is how many workers nginx starts for "auto": one for each core that
// /proc/stat tells of, which may be more than this process may use.
func onlineCores(stat []byte) int { return len(coreLine.FindAll(stat, -1)) }

var coreLine = regexp.MustCompile(`(?m)^cpu[0-9]+ `)

// childrenOf are the processes that pid has started.
func childrenOf(pid int) (pids []int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil
	}
	for _, field := range strings.Fields(string(text)) {
		if child, err := strconv.Atoi(field); err == nil {
			pids = append(pids, child)
		}
	}
	return pids
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
