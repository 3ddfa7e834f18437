package doctor

import (
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chatter/shared/origin"
	"chatter/shared/redistest"
)

// host is the name of the site.
const host = "chat.example.org"

// own is an address of the machine.
var own = netip.MustParseAddr("192.0.2.7")

// tree is a machine that is healthy until a test breaks something: files below a directory, a
// Redis, and servers in place of the processes.
type tree struct {
	*Machine
	t         *testing.T
	server    *redistest.Server
	states    map[string]string // of supervisord's programs
	complaint string            // of nginx
	names     []netip.Addr      // of the site
	hsts      string
	ready     map[string]string            // what /readyz of a process says; "" = ready
	settings  map[string]map[string]string // what /settings of a process says
	metrics   string
	shown     tls.Certificate // by nginx
	authority *x509.Certificate
	signer    *ecdsa.PrivateKey
	talkErr   map[bool]error // by whether the talk goes to nginx directly
	took      time.Duration
}

var pids = map[string]int{"httpd-0": 101, "httpd-1": 102, "wsd-0": 201, "wsd-1": 202}

const masterPid, workerPid = 300, 301

// healthy makes a healthy machine with the https site that install.sh writes.
func healthy(t *testing.T) *tree {
	t.Helper()
	// A socket's address must be short.
	root, err := os.MkdirTemp("", "doc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	h := &tree{
		Machine: New(filepath.Join(root, "run")), t: t, server: redistest.Start(t), states: map[string]string{"nginx:nginx": "RUNNING", "chatter-redis:chatter-redis": "RUNNING"},
		names: []netip.Addr{own}, hsts: "max-age=63072000", ready: map[string]string{}, settings: map[string]map[string]string{},
		metrics: "chatter_last_rewrite_seconds 600\n", talkErr: map[bool]error{}, took: 5 * time.Millisecond,
	}
	h.root = root
	h.mkdir("run", 0o755)
	h.server.Do("CONFIG", "SET", "maxclients", "5000")
	h.check(os.Chmod(strings.TrimPrefix(h.server.URL, "unix://"), 0o770))
	h.write(proc(h.server.Pid(), "limits"), "Max core file size 0  0  bytes\n")
	h.startProcesses()
	h.kernel()
	h.site()
	h.secret(strings.Repeat("aB3dE5gH", 5)+"xyz", 0o640)
	h.replace()
	return h
}

// replace gives the machine its functions.
func (h *tree) replace() {
	h.peer = func(socket string) (int, error) {
		if pid, ok := pids[strings.TrimSuffix(filepath.Base(socket), ".admin.sock")]; ok {
			return pid, nil
		}
		return 0, errors.New("nobody listens")
	}
	h.nginx = func(context.Context) (string, error) {
		if h.complaint != "" {
			return "", refusal(h.complaint)
		}
		return h.dump(), nil
	}
	h.lookup = func(context.Context, string) ([]netip.Addr, error) { return h.names, nil }
	h.addresses = func() ([]net.Addr, error) {
		return []net.Addr{&net.IPNet{IP: own.AsSlice(), Mask: net.CIDRMask(24, 32)}}, nil
	}
	h.growth = func(context.Context) float64 { return 100 }
	h.free = func(string) float64 { return 1e11 }
	h.talk = func(_ context.Context, _ origin.Origin, _ string, dial dialer) (time.Duration, error) {
		return h.took, h.talkErr[dial != nil]
	}
}

func (h *tree) check(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *tree) mkdir(name string, mode os.FileMode) {
	h.t.Helper()
	h.check(os.MkdirAll(h.path(name), mode))
	h.check(os.Chmod(h.path(name), mode))
}

func (h *tree) write(name, text string) {
	h.t.Helper()
	h.check(os.MkdirAll(filepath.Dir(h.path(name)), 0o755))
	h.check(os.WriteFile(h.path(name), []byte(text), 0o644))
}

// edit replaces a text in a file, which must have it.
func (h *tree) edit(name, old, new string) {
	h.t.Helper()
	text, err := os.ReadFile(h.path(name))
	h.check(err)
	if !strings.Contains(string(text), old) {
		h.t.Fatalf("%s does not have %q:\n%s", name, old, text)
	}
	h.write(name, strings.ReplaceAll(string(text), old, new))
}

func (h *tree) secret(key string, mode os.FileMode) {
	h.write("etc/chatter/secret", key+"\n")
	h.check(os.Chmod(h.path("etc/chatter/secret"), mode))
}

func proc(pid int, name string) string { return fmt.Sprintf("proc/%d/%s", pid, name) }

// startProcesses makes four services, supervisord and nginx.
func (h *tree) startProcesses() {
	const boot = 1_700_000_000
	h.write("proc/stat", fmt.Sprintf("cpu 1 2\nbtime %d\n", boot))
	started := (time.Now().Unix() + 3600 - boot) * ticks // after each file that the test writes
	all := map[int]string{masterPid: "nginx", workerPid: "nginx"}
	for name, pid := range pids {
		service, _, _ := strings.Cut(name, "-")
		all[pid] = service
		h.states[service+":"+strings.Replace(name, "-", "_", 1)] = "RUNNING"
		h.write("usr/bin/"+service, service)
		h.write(proc(pid, "cmdline"), h.path("usr/bin/"+service)+"\x00--listen\x00fd:0\x00")
		h.write(proc(pid, "environ"), "PATH=/bin\x00CHATTER_REDIS="+h.server.URL+"\x00CHATTER_SECRET_FILE=/etc/chatter/secret\x00")
		h.check(os.Symlink(h.path("usr/bin/"+service), h.path(proc(pid, "exe"))))
		h.serve(name+".admin.sock", h.admin(name))
	}
	for pid, name := range all {
		h.write(proc(pid, "comm"), name+"\n")
		h.write(proc(pid, "limits"), "Limit  Soft Limit  Hard Limit  Units\nMax open files            65536                65536                files\n")
		h.write(proc(pid, "stat"), fmt.Sprintf("%d (%s) S 1%s %d 0\n", pid, name, strings.Repeat(" 0", 17), started))
		h.write(proc(pid, "status"), fmt.Sprintf("Name: x\nUid:\t0\t%d\t0\t0\nGid:\t0\t%d\t0\t0\nGroups:\t\n", os.Getuid(), os.Getgid()))
	}
	h.write(proc(workerPid, "cmdline"), "nginx: worker process")
	h.write(proc(workerPid, "status"), fmt.Sprintf("Uid:\t0\t33\t33\t33\nGid:\t33\t33\t33\t33\nGroups:\t33 %d\n", os.Getgid()))
	h.write(fmt.Sprintf("proc/%d/task/%d/children", masterPid, masterPid), fmt.Sprint(workerPid))
	h.write("run/nginx.pid", fmt.Sprint(masterPid))
	h.serve("supervisor.sock", h.supervisord())
	for _, service := range []string{"httpd", "wsd"} {
		h.serve(service+".sock", http.NotFoundHandler())
	}
}

// serve answers on a socket in the directory.
func (h *tree) serve(name string, handler http.Handler) {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	l, err := net.Listen("unix", path)
	h.check(err)
	mode := os.FileMode(0o660)
	if strings.HasSuffix(name, ".admin.sock") {
		mode = 0o600
	}
	h.check(os.Chmod(path, mode))
	s := &http.Server{Handler: handler}
	go s.Serve(l)
	h.t.Cleanup(func() { s.Close() })
}

func (h *tree) admin(process string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		text := h.ready[process]
		if rest, bad := strings.CutPrefix(text, "503 "); bad {
			w.WriteHeader(http.StatusServiceUnavailable)
			io.WriteString(w, rest)
			return
		}
		io.WriteString(w, "ready\n"+text)
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, h.metrics) })
	mux.HandleFunc("POST /moderation/hide", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /settings", func(w http.ResponseWriter, r *http.Request) {
		if h.settings[process] == nil {
			http.NotFound(w, r)
			return
		}
		json.NewEncoder(w).Encode(h.settings[process])
	})
	return mux
}

func (h *tree) supervisord() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "<methodResponse><params><param><value><array><data>")
		for program, state := range h.states {
			group, name, _ := strings.Cut(program, ":")
			io.WriteString(w, "<value><struct>")
			for _, member := range [][2]string{{"name", name}, {"group", group}, {"statename", state}} {
				fmt.Fprintf(w, "<member><name>%s</name><value><string>%s</string></value></member>", member[0], member[1])
			}
			io.WriteString(w, "</struct></value>")
		}
		io.WriteString(w, "</data></array></value></param></params></methodResponse>")
	})
}

func (h *tree) kernel() {
	h.write("proc/sys/net/core/somaxconn", "4096\n")
	h.write("proc/sys/vm/overcommit_memory", "1\n")
	h.write("proc/sys/fs/file-max", "9223372036854775807\n")
	h.write("proc/swaps", "Filename Type Size Used Priority\n/dev/zram0 partition 1 0 100\n")
}
