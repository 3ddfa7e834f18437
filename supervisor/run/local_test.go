package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"chatter/supervisor/test/fixture"

	"github.com/coder/websocket"
)

// local is a run that has announced itself.
type localRun struct {
	screen screen
	url    string
	stop   func() error // as Ctrl-C; returns the result of run
}

func startLocal(t *testing.T, env map[string]string, args ...string) *localRun {
	t.Helper()
	l := &localRun{}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	var result error
	go func() {
		defer close(ended)
		result = run(ctx, append([]string{"--bin", bin(t), "--port", "0"}, args...), func(k string) string { return env[k] }, io.Discard, &l.screen)
	}()
	l.stop = func() error {
		cancel()
		select {
		case <-ended:
			return result
		case <-time.After(fixture.HangLimit):
			return fmt.Errorf("still running")
		}
	}
	t.Cleanup(func() { l.stop() })
	fixture.Await(t, "the address is announced", func() bool {
		l.url = strings.TrimSpace(regexp.MustCompile(`http://\S+/ `).FindString(l.screen.String()))
		return l.url != ""
	}, l.screen.String)
	return l
}

// about asks a service about itself; ok is false while the waiting page is shown.
func (l *localRun) about(t *testing.T, path string) (name string, pid int, redis string, private, ok bool) {
	t.Helper()
	resp, err := http.Get(l.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != 200 {
		return "", 0, "", false, false
	}
	if _, err := fmt.Sscan(string(body), &name, &pid, &redis, &private); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	return name, pid, redis, private, true
}

func TestLocal_ServesRestartsAndStops(t *testing.T) {
	l := startLocal(t, nil)
	if !strings.Contains(l.screen.String(), "Nothing is kept") {
		t.Errorf("it does not say that nothing is kept: %s", l.screen.String())
	}
	fixture.Await(t, "it says how often the lists change, and both services are told", func() bool {
		text := l.screen.String()
		return strings.Contains(text, "rooms change every 10s") && strings.Contains(text, "httpd\tpresence every 10s") && strings.Contains(text, "wsd\tpresence every 10s")
	}, l.screen.String)
	for path, want := range map[string]string{"": "httpd", "ws/index/": "wsd"} {
		fixture.Await(t, want+" answers", func() bool { _, _, _, _, ok := l.about(t, path); return ok }, l.screen.String)
		name, pid, redis, private, _ := l.about(t, path)
		if name != want || !private || !strings.HasPrefix(redis, "redis://127.0.0.1:") || !strings.HasSuffix(redis, ",embedded=true") {
			t.Errorf("/%s: %s with %s, secret private %v; want %s", path, name, redis, private, want)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		fixture.Await(t, want+" is back as another process", func() bool {
			_, now, _, _, ok := l.about(t, path)
			return ok && now != pid
		}, l.screen.String)
	}
	conn, _, err := websocket.Dial(t.Context(), l.url+"ws/chat/a/", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	if err := conn.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, text, err := conn.Read(t.Context()); err != nil || string(text) != "hello" {
		t.Errorf("socket: %q, %v", text, err)
	}
	_, pid, _, _, _ := l.about(t, "")
	if err := l.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	for _, want := range []string{"httpd\tgot terminated", "wsd\tgot terminated", "service ended; starting it again"} {
		if !strings.Contains(l.screen.String(), want) {
			t.Errorf("%q is not on the screen:\n%s", want, l.screen.String())
		}
	}
	if syscall.Kill(pid, 0) == nil {
		t.Error("httpd outlives the run")
	}
}

func TestLocal_WithARedisOfYourOwn(t *testing.T) {
	for name, start := range map[string]func() *localRun{
		"flag":        func() *localRun { return startLocal(t, nil, "--redis", "redis://127.0.0.1:1/0") },
		"environment": func() *localRun { return startLocal(t, map[string]string{"CHATTER_REDIS": "redis://127.0.0.1:1/0"}) },
	} {
		l := start()
		if _, _, redis, _, _ := l.about(t, ""); redis != "redis://127.0.0.1:1/0,embedded=false" {
			t.Errorf("%s: the services use %s", name, redis)
		}
		if text := l.screen.String(); strings.Contains(text, "Nothing is kept") || !strings.Contains(text, "your Redis") {
			t.Errorf("%s: it says %s", name, text)
		}
	}
}

func TestLocal_PortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	err = run(t.Context(), nil, env(port), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), port) || !strings.Contains(err.Error(), "PORT=9000") {
		t.Errorf("got %v", err)
	}
}

func TestParseConfig(t *testing.T) {
	for _, c := range []struct {
		command, port string
		args          []string
		want          int // -1 = refused
	}{
		{"local", "", nil, 8080},
		{"local", "9000", nil, 9000},
		{"local", "9000", []string{"--port", "9001"}, 9001},
		{"local", "many", nil, -1},
		{"local", "65536", nil, -1},
		{"local", "-1", nil, -1},
		{"local", "", []string{"extra"}, -1},
		{"local", "", []string{"--nosuch"}, -1},
		{"local", "", []string{"--dir", "x"}, -1},
		{"up", "", []string{"--redis", "redis://127.0.0.1:1/0"}, -1},
		{"up", "", []string{"--dir", "x", "--bin", "y"}, 8080},
		{"down", "many", []string{"--dir", "x"}, 0},
		{"down", "", []string{"--bin", "y"}, -1},
	} {
		got, err := parseConfig(c.command, c.args, env(c.port), io.Discard)
		if (err != nil) != (c.want < 0) || got.Port != c.want && err == nil {
			t.Errorf("PORT=%s %s %v: %+v, %v; want %d", c.port, c.command, c.args, got, err, c.want)
		}
	}
}

func TestStartRedis_KeysExpire(t *testing.T) {
	m, err := startRedis()
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	conn, err := net.Dial("tcp", m.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(fixture.HangLimit))
	in := bufio.NewReader(conn)
	ask := func(command string) string {
		fmt.Fprint(conn, command, "\r\n")
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(line)
	}
	inline := func(words ...string) string {
		var b strings.Builder
		fmt.Fprintf(&b, "*%d\r\n", len(words))
		for _, w := range words {
			fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
		}
		return strings.TrimSuffix(b.String(), "\r\n")
	}
	if got := ask(inline("SET", "k", "v", "PX", "20")); got != "+OK" {
		t.Fatal(got)
	}
	fixture.Await(t, "the key is gone", func() bool { return ask(inline("EXISTS", "k")) == ":0" })
}
