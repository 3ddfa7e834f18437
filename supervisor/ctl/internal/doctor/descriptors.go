package doctor

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// spareFiles is what a process opens beside the sockets of guests: Redis, logs, listeners.
const spareFiles = 200

// limitOf returns the soft limit of a process, such as "Max open files".
func (m *Machine) limitOf(pid int, name string) (float64, bool) {
	for line := range strings.Lines(m.text("proc", strconv.Itoa(pid), "limits")) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			fields := strings.Fields(rest)
			if len(fields) > 0 && fields[0] == "unlimited" {
				return math.Inf(1), true
			}
			if len(fields) > 0 {
				n, err := strconv.ParseFloat(fields[0], 64)
				return n, err == nil
			}
		}
	}
	return 0, false
}

const openFiles = "Max open files"

// checkDescriptors compares --max-sockets with what each layer may open.
func checkDescriptors(_ context.Context, m *Machine, r *result) {
	sockets := 0.0
	for _, p := range m.processes {
		if p.service != "wsd" {
			continue
		}
		most, err := strconv.ParseFloat(p.value("max-sockets"), 64)
		files, ok := m.limitOf(p.pid, openFiles)
		if err != nil || !ok {
			r.notExamined("descriptors of "+p.name, "its limits or settings cannot be read")
			continue
		}
		sockets += most
		if files < most+spareFiles {
			r.found(descriptorsFew, fmt.Sprintf("%s may open %.0f files and takes %.0f sockets", p.name, files, most), "LimitNOFILE in /etc/systemd/system/supervisor.service.d/chatter.conf, or lower --max-sockets")
		}
	}
	if all, err := strconv.ParseFloat(m.text("proc/sys/fs/file-max"), 64); err == nil && sockets > 0 && all < 3*sockets {
		r.found(descriptorsFew, fmt.Sprintf("all programs together may open %.0f files, and each of %.0f sockets takes three", all, sockets), "sysctl -w fs.file-max=1000000")
	}
	m.nginxDescriptors(r, sockets)
}

// nginxDescriptors looks at what a worker of nginx may open. A socket takes two connections
// there.
func (m *Machine) nginxDescriptors(r *result, sockets float64) {
	if m.conf == nil {
		r.notExamined("descriptors of nginx", "its configuration is not known")
		return
	}
	connections := 512.0 // nginx's own default
	if d := m.conf.main.first("events"); d != nil && d.block != nil {
		if c := d.block.first("worker_connections"); c != nil && len(c.args) == 1 {
			connections, _ = strconv.ParseFloat(c.args[0], 64)
		}
	}
	workers := m.nginxWorkers()
	if len(workers) == 0 {
		r.notExamined("descriptors of nginx", "no worker of it is found")
		return
	}
	if files, ok := m.limitOf(workers[0], openFiles); !ok {
		r.notExamined("descriptors of nginx", "the limits of its workers cannot be read")
	} else if files < connections {
		r.found(descriptorsFew, fmt.Sprintf("a worker of nginx may open %.0f files and takes %.0f connections", files, connections), fmt.Sprintf("set worker_rlimit_nofile %.0f in nginx.conf, then systemctl reload nginx", 2*connections))
	}
	least := 8192.0 // for this many guests the site is built
	if takes := float64(len(workers)) * connections / 2; takes < min(sockets, least) {
		r.found(descriptorsFew, fmt.Sprintf("%d workers of nginx take %.0f sockets, wsd takes %.0f", len(workers), takes, sockets), "set worker_connections 32768 in nginx.conf, then systemctl reload nginx")
	} else {
		r.figure = fmt.Sprintf("%.0f sockets in nginx, %.0f in wsd", takes, sockets)
	}
}
