package doctor

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"chatter/supervisor/run/services"
)

var socketsCheck = check{"sockets", checkSockets, nothing, []kind{
	{"socket-missing", Danger, "nginx cannot reach the service", "supervisorctl restart %s:*"},
	{"socket-closed", Danger, "nginx may not connect, so guests get an error page", "chgrp %s %s"},
	{"socket-open", Danger, "every program on this machine may pass itself off as nginx and name any address", "chmod 660 %s"},
	{"admin-open", Danger, "others on this machine may moderate and read profiles", "chmod 600 %s"},
	{"directory-open", Danger, "others on this machine may put a socket of their own there", "chmod go-w %s"},
}}

// checkSockets looks at who may connect to the services.
func checkSockets(_ context.Context, m *Machine, r *result) {
	info, err := os.Stat(m.dir)
	if err != nil {
		r.notExamined("sockets", "%v; name their directory with --dir", err)
		return
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		r.find("directory-open", "%s has mode %#o", m.dir, mode).fill(m.dir)
	}
	for _, service := range services.Names {
		m.checkPublicSocket(r, service, filepath.Join(m.dir, service+".sock"))
	}
	for _, p := range m.processes {
		if info, err := os.Stat(p.Socket); err == nil {
			m.checkAdminSocket(r, p, info)
		}
	}
}

func (m *Machine) checkPublicSocket(r *result, service, socket string) {
	info, err := os.Stat(socket)
	if err != nil {
		onPort := slices.ContainsFunc(m.processes, func(p *process) bool {
			listen := p.value("listen")
			return p.Service == service && listen != "" && listen != "fd:0"
		})
		if !onPort {
			r.find("socket-missing", "there is no socket %s", socket).fill(service)
		}
		return
	}
	mode := info.Mode().Perm()
	if mode&0o007 != 0 {
		r.find("socket-open", "%s has mode %#o", socket, mode).fill(socket)
	}
	if len(m.workers) == 0 {
		r.notExamined("whether nginx may connect to "+socket, "no worker of nginx is found")
		return
	}
	worker, ok := m.account(m.workers[0])
	if !ok {
		r.notExamined("whether nginx may connect to "+socket, "its user is not known")
		return
	}
	if !worker.mayWrite(info) {
		owner, group := ownerOf(info)
		r.find("socket-closed", "user %d of nginx may not connect to %s (owner %d:%d, mode %#o)", worker.user, socket, owner, group, mode).
			fill(strconv.Itoa(worker.groups[0]), socket)
	}
}

func (m *Machine) checkAdminSocket(r *result, p *process, info os.FileInfo) {
	mode := info.Mode().Perm()
	owner, group := ownerOf(info)
	service, ok := m.account(p.pid)
	switch {
	case mode&0o007 != 0, ok && mode&0o070 != 0 && !slices.Contains(service.groups, group):
		r.find("admin-open", "%s has mode %#o and the group %d", p.Socket, mode, group).fill(p.Socket)
	case ok && owner != service.user && owner != 0:
		r.find("admin-open", "%s belongs to user %d and not to that of the service", p.Socket, owner).fill(p.Socket)
	}
}
