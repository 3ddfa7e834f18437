package doctor

import (
	"context"
	"fmt"
	"strconv"
)

var descriptorsCheck = check{"descriptors", checkDescriptors, nothing, []kind{
	{"descriptors-few", Warning, "guests beyond the limit are refused before Chatter can tell them to wait", "%s"},
}}

const (
	openFiles = "Max open files"
	// spareFiles is what a process opens beside the sockets of guests: Redis, logs, listeners.
	spareFiles = 200
	// plannedGuests is for how many guests the site is built.
	plannedGuests = 8192.0
)

// checkDescriptors compares --max-sockets with what each layer may open.
func checkDescriptors(_ context.Context, m *Machine, r *result) {
	sockets := 0.0
	for _, p := range m.processes {
		if p.Service != "wsd" {
			continue
		}
		most, err := strconv.ParseFloat(p.value("max-sockets"), 64)
		files, ok := m.limit(p.pid, openFiles)
		if err != nil || !ok {
			r.notExamined("descriptors of "+p.Name, "its limits or settings cannot be read")
			continue
		}
		sockets += most
		if files < most+spareFiles {
			r.find("descriptors-few", "%s may open %.0f files and takes %.0f sockets", p.Name, files, most).
				fill("LimitNOFILE in /etc/systemd/system/supervisor.service.d/limits.conf, or lower --max-sockets")
		}
	}
	if all, err := strconv.ParseFloat(m.text("proc/sys/fs/file-max"), 64); err == nil && sockets > 0 && all < 3*sockets {
		r.find("descriptors-few", "all programs together may open %.0f files, and each of %.0f sockets takes three", all, sockets).
			fill("sysctl -w fs.file-max=1000000")
	}
	if m.conf == nil {
		r.notExamined("descriptors of nginx", "its configuration is not known")
		return
	}
	if len(m.workers) == 0 {
		r.notExamined("descriptors of nginx", "no worker of it is found")
		return
	}
	connections := 512.0 // nginx's own default
	for _, events := range m.conf.main.own("events") {
		if n, err := strconv.ParseFloat(value(events.own("worker_connections")), 64); err == nil {
			connections = n
		}
	}
	if files, ok := m.limit(m.workers[0], openFiles); !ok {
		r.notExamined("descriptors of nginx", "the limits of its workers cannot be read")
	} else if files < connections {
		r.find("descriptors-few", "a worker of nginx may open %.0f files and takes %.0f connections", files, connections).
			fill(fmt.Sprintf("run nginx/install.sh again, or set worker_rlimit_nofile %.0f where it is set, then systemctl reload nginx", 2*connections))
	}
	takes := float64(len(m.workers)) * connections / 2 // a socket takes two connections there
	if takes < min(sockets, plannedGuests) {
		r.find("descriptors-few", "%d workers of nginx take %.0f sockets, wsd takes %.0f", len(m.workers), takes, sockets).
			fill("set worker_connections 32768 in nginx.conf, then systemctl reload nginx")
	}
	r.figure = fmt.Sprintf("%.0f sockets in nginx, %.0f in wsd", takes, sockets)
}
