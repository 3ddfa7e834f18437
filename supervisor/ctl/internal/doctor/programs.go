package doctor

import (
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// ours reports whether a program of supervisord belongs to Chatter.
func ours(program string) bool {
	group, _, _ := strings.Cut(program, ":")
	return slices.Contains([]string{"httpd", "wsd", "redis", "chatter-redis", "nginx"}, group)
}

// checkPrograms looks at what supervisord runs, and asks each process whether it is there.
func checkPrograms(_ context.Context, m *Machine, r *result) {
	running := 0
	if m.programsErr != nil {
		r.notExamined("programs of supervisor", "no supervisord answers (%v)", brief(m.programsErr))
	}
	for _, name := range slices.Sorted(maps.Keys(m.programs)) {
		p := m.programs[name]
		switch {
		case !ours(name):
		case p.State != "RUNNING":
			r.found(programDown, strings.TrimSpace(fmt.Sprintf("%s is %s %s", name, p.State, p.Reason)), name)
		default:
			running++
		}
	}
	if m.programsErr == nil && !slices.ContainsFunc(slices.Collect(maps.Keys(m.programs)), func(name string) bool { return strings.HasPrefix(name, "httpd:") }) {
		r.found(programDown, "supervisor has no program httpd", "httpd:*")
	}
	for _, service := range []string{"httpd", "wsd"} {
		if !slices.ContainsFunc(m.processes, func(p *process) bool { return p.service == service }) {
			r.notExamined("processes of "+service, "there is neither %s-*.admin.sock nor a process that listens on %s.sock in %s; name another directory with --dir", service, service, m.dir)
		}
	}
	r.figure = fmt.Sprintf("%d run", max(running, len(m.processes)))
}

// checkReadiness looks at what the admin listeners tell.
func checkReadiness(_ context.Context, m *Machine, r *result) {
	for _, p := range m.processes {
		switch state, known := m.programs[p.program()]; {
		case p.admin == "":
			r.notExamined("readiness of "+p.name, "it has no admin socket (--admin)")
		case p.adminErr != nil && errors.Is(p.adminErr, fs.ErrPermission):
			r.notExamined("readiness of "+p.name, "its admin socket is for others: run chatterctl as root")
		case p.adminErr != nil && known && state.State != "RUNNING": // among the programs
		case p.adminErr != nil:
			r.found(serviceSilent, p.name+" does not answer on its admin socket", p.program())
		case !p.ready:
			r.found(notReady, p.name+" is not ready: "+strings.Join(p.says, " "), p.program())
		default:
			for _, line := range p.says[1:] {
				if strings.Contains(line, "promise overdue") || strings.Contains(line, "append-only file of") {
					r.found(forgettingLate, line)
				}
			}
		}
	}
	for name, program := range m.programs {
		service, member, grouped := strings.Cut(name, ":")
		admin := strings.Replace(member, "_", "-", 1)
		if grouped && program.State == "RUNNING" && (service == "httpd" || service == "wsd") &&
			!slices.ContainsFunc(m.processes, func(p *process) bool { return p.name == admin }) {
			r.found(serviceSilent, admin+" has no admin socket in "+m.dir, name)
		}
	}
}

// checkVersions compares the files that the processes run with each other and with those on the
// disk.
func checkVersions(_ context.Context, m *Machine, r *result) {
	versions, sums := map[string]bool{}, map[string]map[string]bool{}
	for _, p := range m.processes {
		if p.pid == 0 {
			continue
		}
		image := m.path("proc", strconv.Itoa(p.pid), "exe")
		sum, err := digest(image)
		if err != nil {
			r.notExamined("version of "+p.name, "%v; run chatterctl as root", err)
			continue
		}
		if sums[p.service] == nil {
			sums[p.service] = map[string]bool{}
		}
		sums[p.service][sum] = true
		if version := versionOf(image); version != "" {
			versions[version] = true
		}
		line, _ := os.ReadFile(m.path("proc", strconv.Itoa(p.pid), "cmdline"))
		running, errRunning := os.Stat(image)
		now, err := os.Stat(split(line)[0])
		if errRunning == nil && err == nil && !os.SameFile(running, now) {
			r.found(binaryReplaced, p.name+" runs a file that was replaced", p.program())
		}
	}
	for _, service := range slices.Sorted(maps.Keys(sums)) {
		if len(sums[service]) > 1 {
			r.found(versionsDiffer, fmt.Sprintf("the processes of %s run %d different files", service, len(sums[service])))
		}
	}
	if len(versions) > 1 {
		r.found(versionsDiffer, "the services are of the versions "+strings.Join(slices.Sorted(maps.Keys(versions)), ", "))
	}
	if len(versions) == 1 {
		r.figure = slices.Collect(maps.Keys(versions))[0]
	}
}

func digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return string(h.Sum(nil)), err
}

// versionOf returns the version of a program that a build of the repository stamped, or "".
func versionOf(path string) string {
	info, err := buildinfo.ReadFile(path)
	if err != nil || info.Main.Version == "(devel)" {
		return ""
	}
	return info.Main.Version
}
