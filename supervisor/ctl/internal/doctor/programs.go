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
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"chatter/supervisor/run/services"
)

var programsCheck = check{"programs", checkPrograms, nothing, []kind{
	{"program-down", Danger, "guests have fewer processes than you think, or none", "supervisorctl start %s"},
}}

// ours are the groups of supervisord that belong to Chatter.
var ours = []string{"httpd", "wsd", "redis", "chatter-redis", "nginx"}

// checkPrograms looks at what supervisord runs.
func checkPrograms(_ context.Context, m *Machine, r *result) {
	running, hasHTTPD := 0, false
	for _, name := range slices.Sorted(maps.Keys(m.programs)) {
		p := m.programs[name]
		group, _, _ := strings.Cut(name, ":")
		hasHTTPD = hasHTTPD || group == "httpd"
		switch {
		case !slices.Contains(ours, group):
		case group == "chatter-redis" && p.State == "STOPPED" && m.redisElsewhere():
		case p.State != "RUNNING":
			r.find("program-down", "%s", strings.TrimSpace(name+" is "+p.State+" "+p.Reason)).fill(name)
		default:
			running++
		}
	}
	if m.programsErr != nil {
		r.notExamined("programs of supervisor", "no supervisord answers (%v)", brief(m.programsErr))
	} else if !hasHTTPD {
		r.find("program-down", "supervisor has no program httpd").fill("httpd:*")
	}
	for _, service := range services.Names {
		if !m.runs(service) {
			r.notExamined("processes of "+service, "there is neither %s-*.admin.sock nor a process that listens on %s.sock in %s; name another directory with --dir", service, service, m.dir)
		}
	}
	r.figure = fmt.Sprintf("%d run", max(running, len(m.processes)))
}

var readinessCheck = check{"readiness", checkReadiness, processes, []kind{
	{"service-silent", Danger, "the process runs but does not answer, so nothing is known of it", "supervisorctl restart %s"},
	{"not-ready", Danger, "guests who come to this process are sent away", "supervisorctl tail %s stderr"},
	{"forgetting-late", Danger, "guests are promised that old messages are gone, from the disk too", "look into the log of Redis; free disk and memory"},
}}

// checkReadiness looks at what the admin listeners tell.
func checkReadiness(_ context.Context, m *Machine, r *result) {
	silent := maps.Clone(m.programs)
	for _, p := range m.processes {
		state, known := m.programs[p.Program()]
		delete(silent, p.Program())
		switch {
		case p.Socket == "":
			r.notExamined("readiness of "+p.Name, "it has no admin socket (--admin)")
		case errors.Is(p.adminErr, fs.ErrPermission):
			r.notExamined("readiness of "+p.Name, "its admin socket is for others: run chatterctl as root")
		case p.adminErr != nil && known && state.State != "RUNNING": // among the programs
		case p.adminErr != nil:
			r.find("service-silent", "%s does not answer on its admin socket", p.Name).fill(p.Program())
		case !p.sample.Ready:
			r.find("not-ready", "%s is not ready: %s", p.Name, strings.Join(p.sample.Lines, " ")).fill(p.Program())
		default:
			for _, line := range p.sample.Lines {
				if strings.Contains(line, "promise overdue") || strings.Contains(line, "append-only file of") {
					r.find("forgetting-late", "%s", line)
				}
			}
		}
	}
	for name, program := range silent {
		service, member, _ := strings.Cut(name, ":")
		if program.State == "RUNNING" && member != "" && slices.Contains(services.Names, service) {
			r.find("service-silent", "%s has no admin socket in %s", strings.Replace(member, "_", "-", 1), m.dir).fill(name)
		}
	}
}

var versionsCheck = check{"versions", checkVersions, processes, []kind{
	{"versions-differ", Warning, "processes of different versions work together during an upgrade only", "supervisorctl signal HUP httpd:* wsd:*"},
	{"binary-replaced", Warning, "the process still runs the old file, with its old faults", "supervisorctl signal HUP %s"},
}}

// checkVersions compares the files that the processes run with each other and with those on the
// disk.
func checkVersions(_ context.Context, m *Machine, r *result) {
	versions := map[string]bool{}
	for _, service := range services.Names {
		files := map[string]bool{} // by their sums
		for _, p := range m.processes {
			if p.Service != service || p.pid == 0 {
				continue
			}
			image := m.path("proc", strconv.Itoa(p.pid), "exe")
			sum, err := digest(image)
			if err != nil {
				r.notExamined("version of "+p.Name, "%v; run chatterctl as root", err)
				continue
			}
			files[sum] = true
			if info, err := buildinfo.ReadFile(image); err == nil && info.Main.Version != "(devel)" && info.Main.Version != "" {
				versions[info.Main.Version] = true // which a build of the repository stamps
			}
			running, errRunning := os.Stat(image)
			now, err := os.Stat(nulls(m.proc(p.pid, "cmdline"))[0])
			if errRunning == nil && err == nil && !os.SameFile(running, now) {
				r.find("binary-replaced", "%s runs a file that was replaced", p.Name).fill(p.Program())
			}
		}
		if len(files) > 1 {
			r.find("versions-differ", "the processes of %s run %d different files", service, len(files))
		}
	}
	r.figure = strings.Join(slices.Sorted(maps.Keys(versions)), ", ")
	if len(versions) > 1 {
		r.find("versions-differ", "the services are of the versions %s", r.figure)
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

// brief returns an error without the address that was asked for, which the report has already.
func brief(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}
