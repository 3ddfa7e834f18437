package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chatter/supervisor/fixture"
	"chatter/supervisor/services"
)

// The test binary is its own floor.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == floorCommand {
		fmt.Fprintln(os.Stderr, serveFloor(os.Args[2:]))
		os.Exit(1)
	}
	fixture.Parallel(8)
	os.Exit(fixture.Main(m))
}

// installed finds a program that the test cannot do without.
func installed(t *testing.T, name string) string {
	t.Helper()
	path, err := find(name, systemPath)
	if err != nil {
		fixture.Missing(t, err.Error())
	}
	return path
}

func TestParse_QuickIsOneRun(t *testing.T) {
	for args, want := range map[string]config{
		"":                          {Runs: 3},
		"--quick --runs 5 --only W": {Quick: true, Runs: 1, Only: "W"},
		"--server a --pids 1,2 --secret-file s --json j": {Runs: 3, Server: "a", Pids: "1,2", SecretFile: "s", JSON: "j"},
	} {
		got, err := parse(strings.Fields(args), io.Discard)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", args, got, err, want)
		}
	}
}

// What a run is told wrongly it says at once, with the name of the flag, before it has
// built or loaded anything.
func TestRun_SaysWhatIsWrongAndWhere(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := services.EnsureSecret(secret); err != nil {
		t.Fatal(err)
	}
	nobody := "unix:" + filepath.Join(dir, "nobody")
	me := fmt.Sprint(os.Getpid())
	// Above what a kernel gives out (proc(5), pid_max).
	const none = "4194305"
	server := func(addr, pids, secret string) []string {
		return []string{"--server", addr, "--pids", pids, "--secret-file", secret}
	}
	for _, c := range []struct {
		what string
		args []string
		want string
	}{
		{"no runs", []string{"--runs", "0"}, "--runs is 0"},
		{"a word", []string{"--quick", "W1"}, `"W1" is no flag`},
		{"no such measurement", []string{"--bin", dir, "--only", "X"}, `nothing is measured under "X"`},
		{"what needs more than a server", []string{"--server", nobody, "--only", "W3"}, `nothing is measured of a server that already runs under "W3"`},
		{"processes of no server", []string{"--pids", me}, "--server is missing"},
		{"a server of no processes", []string{"--server", nobody}, "--pids is missing"},
		{"nobody signs in", []string{"--server", nobody, "--pids", me}, "--secret-file is missing"},
		{"not a number", server(nobody, me+",wsd", secret), `--pids: "wsd" is no process id`},
		{"nothing after the comma", server(nobody, me+",", secret), `--pids: "" is no process id`},
		{"a negative number", server(nobody, "-4", secret), `--pids: "-4" is no process id`},
		{"a process twice", server(nobody, me+","+me, secret), "--pids: process " + me + " is there twice"},
		{"no such process", server(nobody, me+","+none, secret), "--pids: there is no process " + none},
		{"no such secret", server(nobody, me, dir+"/none"), "--secret-file: "},
		{"not an address", server("localhost", me, secret), `--server: address "localhost": want IPv4:PORT or unix:/path`},
		{"nobody there", server(nobody, me, secret), "--server: connect: "},
	} {
		err := run(t.Context(), c.args, io.Discard, io.Discard)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.what, err, c.want)
		}
	}
}

// A program that is missing is named before anything is built or started.
func TestRun_SaysWhatIsNotInstalled(t *testing.T) {
	for _, dir := range systemPath {
		if _, err := os.Stat(filepath.Join(dir, "redis-server")); err == nil {
			t.Skip("there is one where it is always found")
		}
	}
	t.Setenv("PATH", t.TempDir())
	err := run(t.Context(), []string{"--only", "W2"}, io.Discard, io.Discard)
	if err == nil || err.Error() != "redis-server is not installed" {
		t.Errorf("got %v", err)
	}
}

func TestProgramsFor_FindsWhatIsNeededAndNoMore(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	redis, both := t.TempDir(), t.TempDir()
	for _, path := range []string{redis + "/redis-server", both + "/redis-server", both + "/nginx"} {
		if err := os.WriteFile(path, nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		only string
		dirs []string
		want string // the error, or how many are found
	}{
		{"W", nil, "redis-server is not installed"},
		{"W", []string{redis}, "nginx is not installed"},
		{"W1-n", []string{redis}, "nginx is not installed"},
		{"W2", []string{redis}, "1"},
		{"W", []string{redis, both}, "2"},
	} {
		paths, err := programsFor(config{Only: c.only}.chosen(), c.dirs)
		got := fmt.Sprint(len(paths))
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s in %d more: %s, want %s", c.only, len(c.dirs), got, c.want)
		}
		for program, path := range paths {
			if filepath.Base(path) != program || !filepath.IsAbs(path) {
				t.Errorf("%s is %s", program, path)
			}
		}
	}
}

// Who presses Ctrl-C gets the prompt back, whatever is being waited for.
func TestRun_EndsSoonWithItsContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := services.EnsureSecret(secret); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	// It lets one in, which the bench tries at the start, and answers nobody afterwards.
	go func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			if n == 0 {
				_, _ = c.Write([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n"))
			} else {
				cancel()
			}
		}
	}()
	var out strings.Builder
	err = run(ctx, []string{"--quick", "--only", "W1-1", "--server", l.Addr().String(), "--pids", fmt.Sprint(os.Getpid()), "--secret-file", secret}, &out, io.Discard)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if !strings.Contains(out.String(), "lost 0, doubled 0, out of order 0") {
		t.Errorf("it does not say what it has seen:\n%s", &out)
	}
}

// Two measurements of a server that runs must not meet in one room: the second would get
// what was said in the first.
func TestRunningServer_StandsInForChatter(t *testing.T) {
	addr := serveRooms(t, 1)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := services.EnsureSecret(secret); err != nil {
		t.Fatal(err)
	}
	c := config{Server: addr, Pids: fmt.Sprint(os.Getpid()), SecretFile: secret}
	v, err := c.runningServer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l := lab{ctx: t.Context(), running: v}
	one, err1 := l.startChatter(with{})
	two, err2 := l.startChatter(with{wsd: 2, nginx: true})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if one.servers[0].Addr != addr || one.servers[0].Cookie == "" {
		t.Errorf("guests go to %+v", one.servers)
	}
	if one.path(0) == two.path(0) {
		t.Errorf("both talk in %s", one.path(0))
	}
	memory, err := one.memory()
	if err != nil || memory < 1<<20 {
		t.Errorf("this process holds %d bytes: %v", memory, err)
	}
	one.stop()
	o, err := two.servers[0].Open(t.Context(), two.path(0))
	if err != nil {
		t.Fatal("the server is gone with the measurement: ", err)
	}
	o.Close()
}

// serveRooms is a floor in this process, until it ends.
func serveRooms(t *testing.T, frames int) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	rooms := newRooms(frames)
	go rooms.Serve(l.(*net.TCPListener))
	return l.Addr().String()
}
