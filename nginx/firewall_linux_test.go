package nginx_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// network is a network namespace. Its thread runs jobs; the sockets that these make belong to
// the namespace.
type network struct {
	jobs   chan func()
	thread int
}

func newNetwork(t *testing.T) *network {
	t.Helper()
	n := &network{jobs: make(chan func())}
	made := make(chan error)
	go func() {
		runtime.LockOSThread() // until the goroutine ends, and the thread with it
		n.thread = syscall.Gettid()
		err := syscall.Unshare(syscall.CLONE_NEWNET)
		made <- err
		if err == nil {
			for job := range n.jobs {
				job()
			}
		}
	}()
	if err := <-made; err != nil {
		t.Skipf("no network namespace for this user: %v", err)
	}
	t.Cleanup(func() { close(n.jobs) })
	return n
}

// do runs a job in the namespace.
func (n *network) do(job func()) {
	done := make(chan struct{})
	n.jobs <- func() { job(); close(done) }
	<-done
}

// run runs commands in the namespace, one a line.
func (n *network) run(t *testing.T, lines string) (out string) {
	t.Helper()
	n.do(func() {
		for line := range strings.Lines(strings.TrimSpace(lines)) {
			words := strings.Fields(line)
			text, err := exec.Command(words[0], words[1:]...).CombinedOutput()
			if out += string(text); err != nil {
				t.Errorf("%s: %v\n%s", strings.TrimSpace(line), err, text)
			}
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	return out
}

// dial connects from an address to port 80 of another one.
func (n *network) dial(t *testing.T, from, to string) (err error) {
	n.do(func() {
		var conn net.Conn
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 2 * time.Second}
		if conn, err = dialer.Dial("tcp", net.JoinHostPort(to, "80")); err == nil {
			t.Cleanup(func() { conn.Close() })
		}
	})
	return err
}

// load loads firewall.nft with other limits and returns how many packets its rules refuse.
func (n *network) load(t *testing.T, limits *strings.Replacer) (refused func() int) {
	t.Helper()
	text, err := os.ReadFile("firewall.nft")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "firewall.nft")
	if err := os.WriteFile(path, []byte(limits.Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	n.run(t, "nft -f "+path+"\nnft -f "+path) // again, as the service does
	return func() (sum int) {
		for _, m := range regexp.MustCompile(`counter packets (\d+)`).FindAllStringSubmatch(n.run(t, "nft list chain inet chatter clients"), -1) {
			count, _ := strconv.Atoi(m[1])
			sum += count
		}
		return sum
	}
}

func TestFirewall_LimitsConnectionsOfAClass(t *testing.T) {
	tool(t, "nft")
	tool(t, "ip")
	client, server := newNetwork(t), newNetwork(t)
	var unable error
	server.do(func() { unable = exec.Command("nft", "list", "ruleset").Run() })
	if unable != nil {
		t.Skipf("nft list ruleset: %v; this kernel may have no nftables", unable)
	}
	client.run(t, fmt.Sprintf(`ip link add veth0 type veth peer name veth1 netns %d
ip link set veth0 up
ip addr add 192.0.2.1/24 dev veth0
ip addr add 192.0.2.2/24 dev veth0
ip addr add 2001:db8::1/32 dev veth0 nodad
ip addr add 2001:db8::2/32 dev veth0 nodad
ip addr add 2001:db8:0:1::1/32 dev veth0 nodad`, server.thread))
	server.run(t, `ip link set veth1 up
ip addr add 192.0.2.9/24 dev veth1
ip addr add 2001:db8::9/32 dev veth1 nodad`)
	server.do(func() {
		for _, family := range []string{"tcp4", "tcp6"} {
			l, err := net.Listen(family, ":80")
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { l.Close() })
		}
	})
	const v4, v6 = "192.0.2.9", "2001:db8::9"
	want := func(from, to string, want error) {
		t.Helper()
		if err := client.dial(t, from, to); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s to %s: %v, want %v", from, to, err, want)
		}
	}

	refused := server.load(t, strings.NewReplacer("over 4000", "over 2"))
	for _, from := range []string{"192.0.2.1", "192.0.2.1"} {
		want(from, v4, nil)
	}
	want("192.0.2.1", v4, syscall.ECONNREFUSED)
	want("192.0.2.2", v4, nil)
	for _, from := range []string{"2001:db8::1", "2001:db8::2"} {
		want(from, v6, nil)
	}
	want("2001:db8::1", v6, syscall.ECONNREFUSED)
	want("2001:db8:0:1::1", v6, nil)
	if n := refused(); n < 2 {
		t.Errorf("the rules have refused %d packets, want at least 2", n)
	}

	refused = server.load(t, strings.NewReplacer("over 200/second burst 4000", "over 1/hour burst 2"))
	for _, from := range []string{"192.0.2.1", "2001:db8::1"} {
		to := map[bool]string{true: v6, false: v4}[strings.Contains(from, ":")]
		before, taken := refused(), 0
		for taken < 10 && client.dial(t, from, to) == nil {
			taken++
		}
		if now := refused(); taken == 0 || taken == 10 || now == before {
			t.Errorf("%s: %d connections taken, %d packets refused", from, taken, now-before)
		}
	}
	want("192.0.2.2", v4, nil)
	want("2001:db8:0:1::1", v6, nil)
}
