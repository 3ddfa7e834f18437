package doctor

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// checkSockets looks at who may connect to the services.
func checkSockets(_ context.Context, m *Machine, r *result) {
	if info, err := os.Stat(m.dir); err != nil {
		r.notExamined("sockets", "%v; name their directory with --dir", err)
		return
	} else if info.Mode().Perm()&0o022 != 0 {
		r.found(directoryOpen, fmt.Sprintf("%s has mode %#o", m.dir, info.Mode().Perm()), m.dir)
	}
	for _, service := range []string{"httpd", "wsd"} {
		m.checkPublic(r, service, filepath.Join(m.dir, service+".sock"))
	}
	for _, p := range m.processes {
		info, err := os.Stat(p.admin)
		if p.admin == "" || err != nil {
			continue
		}
		mode := info.Mode().Perm()
		owner, group := ownerOf(info)
		user, groups, ok := m.user(p.pid)
		switch {
		case mode&0o007 != 0, ok && mode&0o070 != 0 && !slices.Contains(groups, group):
			r.found(adminOpen, fmt.Sprintf("%s has mode %#o and the group %d", p.admin, mode, group), p.admin)
		case ok && owner != user && owner != 0:
			r.found(adminOpen, fmt.Sprintf("%s belongs to user %d and not to that of the service", p.admin, owner), p.admin)
		}
	}
}

func (m *Machine) checkPublic(r *result, service, socket string) {
	info, err := os.Stat(socket)
	if err != nil {
		if slices.ContainsFunc(m.processes, func(p *process) bool { return p.service == service && listens(p) }) {
			return // on a port
		}
		r.found(socketMissing, "there is no socket "+socket, service)
		return
	}
	mode := info.Mode().Perm()
	if mode&0o007 != 0 {
		r.found(socketOpen, fmt.Sprintf("%s has mode %#o", socket, mode), socket)
	}
	worker, ok := m.nginxWorker()
	if !ok {
		r.notExamined("whether nginx may connect to "+socket, "no worker of nginx is found")
		return
	}
	user, groups, ok := m.user(worker)
	if !ok {
		r.notExamined("whether nginx may connect to "+socket, "its user is not known")
		return
	}
	owner, group := ownerOf(info)
	if !mayConnect(mode, owner, group, user, groups) {
		r.found(socketClosed, fmt.Sprintf("user %d of nginx may not connect to %s (owner %d:%d, mode %#o)", user, socket, owner, group, mode), nginxGroup(groups), socket)
	}
}

// listens reports whether a process serves somewhere else than on its socket in the directory.
func listens(p *process) bool {
	listen := p.value("listen")
	return listen != "" && listen != "fd:0"
}

// mayConnect reports whether a user may write to a file.
func mayConnect(mode fs.FileMode, owner, group, user int, groups []int) bool {
	switch {
	case user == 0:
		return true
	case user == owner:
		return mode&0o200 != 0
	case slices.Contains(groups, group):
		return mode&0o020 != 0
	default:
		return mode&0o002 != 0
	}
}

func nginxGroup(groups []int) string {
	if len(groups) == 0 {
		return "www-data"
	}
	return fmt.Sprint(groups[0])
}
