//go:build linux

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chatter/supervisor/run/child"
	"chatter/supervisor/run/services"
	"chatter/supervisor/test/fixture"
)

// needServers skips a test on a machine without the servers, unless it is a CI.
func needServers(t *testing.T) {
	t.Helper()
	for _, name := range []string{"redis-server", "nginx"} {
		tg := newTarget(t)
		p := tg.run(exec.Command(name, "--version"))
		if p == nil && os.Getenv("CI") == "true" {
			t.Fatal(tg.failed)
		} else if p == nil {
			t.Skip(tg.failed)
		}
		p.stop(os.Kill)
	}
}

func newTarget(t *testing.T) *target {
	return &target{bench: &bench{ctx: t.Context(), dir: t.TempDir()}, dir: t.TempDir()}
}

// The number of a process that has ended may belong to another process.
func TestStop_LeavesOtherProcessesAlone(t *testing.T) {
	tg := newTarget(t)
	short := tg.run(exec.Command("true"))
	other := tg.run(exec.Command("sleep", "600"))
	if tg.failed != nil {
		t.Fatal(tg.failed)
	}
	for range short.ended {
	}
	short.stop(os.Kill)
	tg.cpuOf(other.pid())
	if tg.failed != nil {
		t.Error(tg.failed)
	}
	other.stop(os.Kill)
	if err, ok := <-other.ended; ok {
		t.Errorf("stop did not wait for the end: %v", err)
	}
	other.stop(os.Kill)
}

func TestCPUOf_IsTheTimeThatProcessesHaveUsed(t *testing.T) {
	tg := newTarget(t)
	busy := tg.run(exec.Command("sh", "-c", "while :; do :; done"))
	idle := tg.run(exec.Command("sleep", "600"))
	if tg.failed != nil {
		t.Fatal(tg.failed)
	}
	defer idle.stop(os.Kill)
	defer busy.stop(os.Kill)
	begun := time.Now()
	var used time.Duration
	for used < 20*time.Millisecond {
		if time.Since(begun) > time.Minute {
			t.Fatalf("a process that does nothing but loop has used %v", used)
		}
		used = tg.cpuOf(busy.pid())
	}
	rest := tg.cpuOf(idle.pid())
	if both := tg.cpuOf(busy.pid(), idle.pid()); rest <= 0 || rest > used || both < used+rest {
		t.Errorf("one has used %v, the other %v, both %v", used, rest, both)
	}
	if tg.memoryOf(idle.pid()) < 10_000 {
		t.Errorf("sleep holds %v bytes", tg.memoryOf(idle.pid()))
	}
	if tg.failed != nil {
		t.Error(tg.failed)
	}
	// Above the numbers that a kernel gives (proc(5), pid_max).
	if tg.cpuOf(4194305); tg.failed == nil {
		t.Error("a process that does not exist has used time")
	}
}

// The work of an unknown worker would be missing in the figures.
func TestStartNginx_KnowsEachWorker(t *testing.T) {
	needServers(t)
	tg := newTarget(t)
	tg.addrs = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:1")}
	tg.startNginx()
	if tg.failed != nil {
		t.Fatal(tg.failed)
	}
	all := append(child.Of(tg.nginx.pid()), tg.nginx.pid())
	if known := append(tg.workers(), tg.pids...); !slices.Equal(known, all) || len(known) < 2 {
		t.Errorf("known are %v, of %v", known, all)
	}
	tg.nginx.stop(os.Interrupt)
	tg.nginx = nil
	tg.until("the end of nginx", func() bool {
		return !slices.ContainsFunc(all, func(pid int) bool {
			name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			return strings.HasPrefix(string(name), "nginx:")
		})
	})
	if tg.failed != nil {
		t.Errorf("%v: some of %v go on", tg.failed, all)
	}
}

// All scenarios in miniature, on the services of this tree: figures come out, and nothing is
// lost. How large the figures are is not judged.
func TestScenarios_MeasureTheServices(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts the services many times")
	}
	needServers(t)
	bin := fixture.Services(t)
	b := &bench{ctx: t.Context(), dir: t.TempDir(), begun: time.Now(), progress: t.Output(), pageSizes: make(map[string]int)}
	if err := services.EnsureSecret(b.secret()); err != nil {
		t.Fatal(err)
	}
	const short = 100 * time.Millisecond
	small := []scenario{
		crowd("W1", 20, 10, 40, false), crowd("W1-nginx", 20, 10, 40, true), smallRooms("W2", 1, 5, short),
		smallRooms("W2-two", 2, 5, short), overTCP("W2-tcp", smallRooms("", 1, 5, short)),
		idleSockets("W3", 5), idleGuests("W3-nginx", 5), reconnect("W4", 5), overTCP("W4-tcp", reconnect("", 5)),
		pages("W5", 50), acks("W6", short), comeAndGo("W7", 5, short),
	}
	figures := map[string]int{"W1": 1, "W1-nginx": 1, "W2": 5, "W2-two": 5, "W2-tcp": 5, "W3": 2, "W3-nginx": 4, "W4": 3, "W4-tcp": 3, "W5": 2, "W6": 2, "W7": 6}
	for i := range small {
		small[i].members = min(small[i].members, 20)
	}
	rows, err := b.measure(small, []side{{name: "Chatter", bin: bin}, {name: "floor"}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		figures[r.Name]--
		if v := r.Turns["Chatter"]; len(v) != 1 || v[0] <= 0 && !strings.HasPrefix(r.Name, "W3") { // 50 sockets take less than other processes of the same file move
			t.Errorf("%s, %s: %v", r.Name, r.Measure, v)
		}
	}
	for name, missing := range figures {
		if missing != 0 {
			t.Errorf("%s lacks %d figures", name, missing)
		}
	}
	if b.delivered == 0 || b.pageSizes["/index/"] < 1000 {
		t.Errorf("%d deliveries, pages of %v bytes", b.delivered, b.pageSizes)
	}
}

// httpd does less for a guest that was there just now, so the guests take turns.
func TestAsk_LetsGuestsTakeTurns(t *testing.T) {
	var mu sync.Mutex
	asked := make(map[string]int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Method == http.MethodPost {
			http.SetCookie(w, &http.Cookie{Name: "user", Value: r.FormValue("user"), Path: "/"})
		} else if c, err := r.Cookie("user"); err == nil {
			asked[c.Value]++
		}
		_, _ = w.Write(make([]byte, 123))
	}))
	defer server.Close()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	tg := newTarget(t)
	tg.addrs = []netip.AddrPort{netip.MustParseAddrPort(u.Host)}
	guests := []*http.Client{tg.signIn("a"), tg.signIn("b"), tg.signIn("c")}
	if size := tg.ask("/x", guests, 30); size != 123 || tg.failed != nil {
		t.Errorf("%d bytes, %v", size, tg.failed)
	}
	if asked["a"] != 10 || asked["b"] != 10 || asked["c"] != 10 {
		t.Errorf("the guests asked %v", asked)
	}
}
