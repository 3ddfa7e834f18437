package machines_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"chatter/shared/redistest"
	"chatter/supervisor/test/fixture"
)

// host is a machine: namespaces for the network, mounts, processes and the host's name. Its
// files lie over those of this machine and stay when it is lost.
type host struct {
	t             *testing.T
	name, address string
	files         string
	first         *exec.Cmd // process 1; nil while the host is off
}

// own are the directories in which a host has files of its own.
var own = []string{"etc", "var", "usr/local", "usr/share/nginx"}

// boot mounts the files of a host and says when it is up. Its shell stays process 1.
const boot = `
mount --make-rprivate /
mount -t proc proc /proc
for d in $OWN; do
	mkdir -p "$FILES/$d/new" "$FILES/$d/work"
	mount -t overlay -o "lowerdir=/$d,upperdir=$FILES/$d/new,workdir=$FILES/$d/work" overlay "/$d"
done
mount -t tmpfs run /run
mkdir -m 1777 /run/lock
hostname "$NAME"
echo up
trap : CHLD
while :; do sleep 3600 & wait; done
`

// inNamespaces runs the test again in namespaces of its own, in which it is the network between
// the hosts, and reports false. In there it reports true.
func inNamespaces(t *testing.T) bool {
	t.Helper()
	const inside = "CHATTER_TEST_MACHINES"
	if os.Getenv(inside) != "" {
		for _, args := range [][]string{
			{"mount", "--make-rprivate", "/"},
			{"ip", "link", "set", "lo", "up"},
			{"ip", "link", "add", "machines", "type", "bridge"},
			{"ip", "addr", "add", "192.0.2.1/24", "dev", "machines"},
			{"ip", "link", "set", "machines", "up"},
		} {
			command(t, args...)
		}
		return true
	}
	if os.Getuid() != 0 {
		t.Skip("only root may make namespaces with addresses")
	}
	fixture.Need(t, "supervisord", "nginx", "redis-server", "redis-cli", "ip", "nsenter", "setpriv", "curl")
	bin := fixture.Services(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=20m")
	cmd.Env = append(os.Environ(), inside+"=1", "CHATTER_TEST_SERVICES="+bin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		t.Skip("this machine allows no namespaces: ", err)
	}
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
	return false
}

func command(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", args, err, out)
	}
}

// newHost makes a host that is on.
func newHost(t *testing.T, disks, address string) *host {
	t.Helper()
	h := &host{t: t, name: "m" + address[strings.LastIndexByte(address, '.')+1:], address: address}
	h.files = filepath.Join(disks, h.name)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("logs of %s:\n%s", h.address, h.logs())
		}
		h.off()
	})
	h.on()
	return h
}

// on starts the host and connects it. It runs no service yet.
func (h *host) on() {
	h.t.Helper()
	h.first = exec.Command("sh", "-ec", boot)
	h.first.Env = []string{"PATH=" + os.Getenv("PATH"), "OWN=" + strings.Join(own, " "), "FILES=" + h.files, "NAME=" + h.name}
	h.first.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS,
		Pdeathsig:  syscall.SIGKILL,
	}
	output := new(redistest.Output)
	h.first.Stderr = output
	stdout, err := h.first.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.first.Start(); err != nil {
		h.t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "up\n" {
		h.t.Fatalf("%s does not start: %q, %v\n%s", h.address, line, err, output)
	}
	command(h.t, "ip", "link", "add", h.name, "type", "veth", "peer", "name", "eth0", "netns", fmt.Sprint(h.first.Process.Pid))
	command(h.t, "ip", "link", "set", h.name, "master", "machines", "up")
	h.run("ip link set lo up; ip addr add " + h.address + "/24 dev eth0; ip link set eth0 up")
}

// off ends the host with all its processes at once.
func (h *host) off() {
	if h.first == nil {
		return
	}
	_ = h.first.Process.Kill()
	_ = h.first.Wait()
	h.first = nil
	// The kernel removes the link some time after the last process.
	_ = exec.Command("ip", "link", "del", h.name).Run()
}

// link connects the host to the network or disconnects it. Nobody is told.
func (h *host) link(state string) {
	h.t.Helper()
	command(h.t, "ip", "link", "set", h.name, state)
}

// inside is a command that runs in the host.
func (h *host) inside(args ...string) *exec.Cmd {
	repository, err := filepath.Abs(root)
	if err != nil {
		h.t.Fatal(err)
	}
	enter := []string{"-t", fmt.Sprint(h.first.Process.Pid), "-m", "-n", "-p", "-u", "--wd=" + repository, "--"}
	cmd := exec.Command("nsenter", append(enter, args...)...)
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"}
	return cmd
}

// run runs a script in the host, in the repository, and returns what it printed.
func (h *host) run(script string) string {
	h.t.Helper()
	cmd := h.inside("sh", "-e")
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	if err != nil {
		h.t.Fatalf("on %s: %v\n%s\n%s", h.address, err, script, out)
	}
	return string(out)
}

// start starts a program that runs until the host is off.
func (h *host) start(env []string, args ...string) {
	h.t.Helper()
	cmd := h.inside(args...)
	cmd.Env = append(cmd.Env, env...)
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func() { _ = cmd.Wait() }()
}

// logs are the ends of the host's logs.
func (h *host) logs() string {
	out, _ := exec.Command("sh", "-c", "tail -n 15 "+h.files+"/var/new/log/*/*.log").CombinedOutput()
	return string(out)
}
