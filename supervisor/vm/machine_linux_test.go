// Package vm_test installs the package in a Debian that boots, in a network of its own, and
// does there what an operator does. `make vm-test` runs it.
package vm_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"chatter/supervisor/run/stack"
)

// hangLimit is how long a test waits for one thing before it calls it hung.
const hangLimit = 2 * time.Minute

// suite is the release of Debian; "" if the tests are not to run.
var suite = os.Getenv("CHATTER_VM")

// packages are what the package and its tests need. debootstrap knows nothing of virtual packages,
// so python3-cffi-backend is named for certbot.
const packages = "systemd,systemd-sysv,dbus,iproute2,procps,adduser,logrotate,nginx,redis-server,supervisor," +
	"certbot,python3-cffi-backend"

// machine is a Debian with systemd, in a container without a network but its loopback.
type machine struct {
	t    *testing.T
	root string

	nspawn *exec.Cmd
	ended  chan error
	leader int // the process id of its systemd
}

// newMachine returns a fresh machine that has not booted. It ends with the test.
func newMachine(t *testing.T) *machine {
	root := filepath.Join(t.TempDir(), "root")
	if out, err := exec.Command("cp", "-a", base(t), root).CombinedOutput(); err != nil {
		t.Fatalf("copy the base: %v: %s", err, out)
	}
	// A machine that loses its power is thrown away, so dpkg need not wait for the disk.
	if err := os.WriteFile(filepath.Join(root, "etc/dpkg/dpkg.cfg.d/unsafe-io"), []byte("force-unsafe-io\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, root: root}
	t.Cleanup(m.halt)
	return m
}

// base returns the directory of a Debian with all that the package depends on. It is made once
// and kept in the user's cache.
func base(t *testing.T) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "chatter-vm", fmt.Sprintf("%s-%08x", suite, crc32.ChecksumIEEE([]byte(packages))))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	if err := errors.Join(os.RemoveAll(dir+".new"), os.MkdirAll(filepath.Dir(dir), 0o755)); err != nil {
		t.Fatal(err)
	}
	t.Logf("making %s, once", dir)
	out, err := exec.Command("debootstrap", "--variant=minbase", "--include="+packages, suite, dir+".new").CombinedOutput()
	if err != nil {
		t.Fatalf("debootstrap: %v\n%s", err, out)
	}
	if err := os.Rename(dir+".new", dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// boot starts the machine and returns when it has come up.
func (m *machine) boot() {
	m.t.Helper()
	m.nspawn = exec.Command("systemd-nspawn", "--quiet", "--boot", "--directory="+m.root,
		"--register=no", "--keep-unit", "--console=pipe", "--private-network", fmt.Sprint("--machine=chatter-", os.Getpid()), "--link-journal=no")
	m.nspawn.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	console, err := os.OpenFile(m.root+".console", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		m.t.Fatal(err)
	}
	defer console.Close()
	m.nspawn.Stdout, m.nspawn.Stderr = console, console
	m.ended = make(chan error, 1)
	started := make(chan error)
	go func() {
		// The signal comes when the thread ends that has started the process.
		runtime.LockOSThread()
		started <- m.nspawn.Start()
		m.ended <- m.nspawn.Wait()
	}()
	if err := <-started; err != nil {
		m.t.Fatal(err)
	}
	m.await("the machine has a systemd", m.findLeader)
	m.await("the machine is up", func() error {
		out, err := m.try("systemctl is-system-running")
		if state := strings.TrimSpace(out); state == "running" || state == "degraded" {
			return nil
		}
		return fmt.Errorf("%s: %w", out, err)
	})
}

// findLeader finds the child of nspawn that is the machine's systemd. Another child prepares it.
func (m *machine) findLeader() error {
	pid := m.nspawn.Process.Pid
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid))
	if err != nil {
		return err
	}
	for _, child := range strings.Fields(string(text)) {
		if comm, err := os.ReadFile("/proc/" + child + "/comm"); err == nil && string(comm) == "systemd\n" {
			m.leader, err = strconv.Atoi(child)
			return err
		}
	}
	return fmt.Errorf("nspawn has the children %q", text)
}

// halt ends the machine, if it runs, in the way that a loss of power does.
func (m *machine) halt() {
	if m.nspawn == nil {
		return
	}
	// Its systemd takes all processes of the machine along.
	_ = syscall.Kill(m.leader, syscall.SIGKILL)
	_ = m.nspawn.Process.Kill()
	<-m.ended
	m.nspawn = nil
}

// reboot shuts the machine down in good order and boots it.
func (m *machine) reboot() {
	m.t.Helper()
	_, _ = m.try("systemctl poweroff") // it may be cut off
	select {
	case <-m.ended:
	case <-time.After(hangLimit):
		m.t.Fatalf("the machine has not shut down in %v", hangLimit)
	}
	m.nspawn = nil
	m.boot()
}

// try runs a command in the machine and returns what it prints.
func (m *machine) try(command string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*hangLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "nsenter", "-t", fmt.Sprint(m.leader), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w",
		"env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "sh", "-c", command)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// run is try for a command that must succeed.
func (m *machine) run(command string) string {
	m.t.Helper()
	out, err := m.try(command)
	if err != nil {
		m.t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return out
}

// install copies a package into the machine and installs it with apt.
func (m *machine) install(deb string, options string) (string, error) {
	m.t.Helper()
	m.copy(deb)
	return m.try("apt-get -q -y " + options + " install " + inMachine(deb))
}

// inMachine returns the name that a file has in the machine after copy.
func inMachine(file string) string { return "/var/tmp/" + filepath.Base(file) }

// copy copies a file into the machine.
func (m *machine) copy(file string) {
	m.t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(m.root, inMachine(file)), content, 0o644); err != nil {
		m.t.Fatal(err)
	}
}

// await waits until holds returns nil.
func (m *machine) await(what string, holds func() error) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hangLimit)
	defer cancel()
	var err error
	if !stack.Poll(ctx, func() bool { err = holds(); return err == nil }) {
		m.t.Fatalf("not in %v: %s: %v", hangLimit, what, err)
	}
}

// dial connects in the machine's network.
func (m *machine) dial(ctx context.Context, network, address string) (net.Conn, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	own, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	defer own.Close()
	its, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", m.leader))
	if err != nil {
		return nil, err
	}
	defer its.Close()
	if err := unix.Setns(int(its.Fd()), unix.CLONE_NEWNET); err != nil {
		return nil, err
	}
	// A socket belongs to the network in which it was made. The address is numeric, so this
	// thread makes it.
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if back := unix.Setns(int(own.Fd()), unix.CLONE_NEWNET); back != nil {
		panic(back) // the thread may serve others
	}
	return conn, err
}

// client returns an HTTP client in the machine's network. It follows no redirect.
func (m *machine) client() *http.Client {
	return &http.Client{
		Timeout:       hangLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DialContext: m.dial, DisableKeepAlives: true},
	}
}
