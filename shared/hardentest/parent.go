package hardentest

import (
	"bufio"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"chatter/shared/redistest"
)

// Attempts starts the service and has it try from inside what it must not and what it must
// be able to do. As root it keeps root's rights, so that the rules alone forbid.
func Attempts(t *testing.T) {
	needLinux(t)
	address := redistest.Address(t)
	_, port, _ := strings.Cut(address, ":")
	redis := redistest.Start(t, "--port", port, "--bind", "127.0.0.1")
	dir := directory(t, "run", "etc", "other")
	g := ground{
		Admin: filepath.Join(dir, "run", "admin"), Sockets: filepath.Join(dir, "run"), Secret: filepath.Join(dir, "etc", "secret"),
		RedisDir: redis.Dir(), RedisFile: filepath.Join(redis.Dir(), "appendonlydir", "appendonly.aof.manifest"), // no rewrite renames it
		Redis: address,
		Other: filepath.Join(dir, "other", "file"), Abstract: "@harden-" + strconv.Itoa(os.Getpid()),
	}
	g.Server = listen(t, "tcp", "127.0.0.1:0")
	listen(t, "unix", g.Abstract)
	write(t, g.Secret, firstKey)
	write(t, g.Other, "x\n")
	copyFile(t, "/bin/true", filepath.Join(g.Sockets, "tool"))
	// Outside of the rules nothing forbids them.
	for _, path := range []string{g.RedisFile, g.Other} {
		if _, err := os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}

	text, err := json.Marshal(g)
	must(t, err)
	log := new(redistest.Output)
	cmd := exec.Command(os.Args[0], "--listen", "unix:"+filepath.Join(g.Sockets, "public"), "--admin", "unix:"+g.Admin,
		"--redis", "redis://"+address, "--secret-file", g.Secret, "--allow-root")
	cmd.Env = append(os.Environ(), variable+"="+string(text))
	cmd.Stderr = log
	redistest.EndWithParent(cmd)
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var r result
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); line != "ready\n" {
		t.Fatalf("got %q, %v; want that it is ready (%v)\n%s", line, err, cmd.Wait(), log.Tail())
	}
	write(t, g.Secret, secondKey)
	in.Write([]byte("go\n"))
	err = json.NewDecoder(lines).Decode(&r)
	if waited := cmd.Wait(); err != nil || waited != nil {
		t.Fatalf("%v, %v\n%s", err, waited, log.Tail())
	}
	if r.Landlock == 0 {
		t.Skip("this kernel has no Landlock")
	}
	for _, a := range append(slices.Clone(forbidden), attempt{name: moreFiles, since: 1}) {
		t.Run(a.name, func(t *testing.T) {
			if r.Landlock < a.since {
				t.Skipf("the kernel's Landlock is version %d and forbids it from %d on", r.Landlock, a.since)
			}
			denied := []string{"permission denied", "operation not permitted", "invalid cross-device link", "is forbidden since this process started"}
			if got := r.Forbidden[a.name]; !slices.ContainsFunc(denied, func(s string) bool { return strings.Contains(got, s) }) {
				t.Errorf("got %q, want that it is denied", got)
			}
		})
	}
	for name, got := range r.Allowed {
		t.Run(name, func(t *testing.T) {
			if got != "" {
				t.Errorf("it must be able to: %s", got)
			}
		})
	}
	if len(r.Allowed) != len(allowed)+1 {
		t.Errorf("%d attempts that must succeed, want %d", len(r.Allowed), len(allowed)+1)
	}
}

func needLinux(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux restricts processes")
	}
}

// listen serves until the test ends and returns where.
func listen(t *testing.T, network, address string) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}
