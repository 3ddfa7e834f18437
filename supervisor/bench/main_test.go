package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chatter/supervisor/services"
)

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
		err := run(t.Context(), c.args, io.Discard)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.what, err, c.want)
		}
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
	v, err := c.runningServer()
	if err != nil {
		t.Fatal(err)
	}
	l := lab{running: v}
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
	o, err := two.servers[0].Open(two.path(0))
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
