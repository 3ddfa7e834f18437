// Package hardentest tests the restrictions of a service. The test binary runs the service
// and, in the same process, tries what the service must not and must be able to do.
package hardentest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// HangLimit is after how long a test says that something hangs.
const HangLimit = 2 * time.Minute

// variable makes the test binary a service that tries; its value is the ground.
const variable = "HARDEN_TEST_GROUND"

// Run is the run function of a service.
type Run func(ctx context.Context, args []string, getenv func(string) string, stderr io.Writer) error

// ground is what the test has prepared for the attempts.
type ground struct {
	Admin     string // the service's admin socket
	Sockets   string // the directory of its sockets; the executable "tool" is in it
	Secret    string // file; another file has taken its name since the service started
	RedisDir  string
	RedisFile string
	Redis     string // address
	Server    string // address of another server
	Abstract  string // address of an abstract socket of another process
	Other     string // a file in another directory
}

// result is what the attempts returned: by name the text of the error, "" for success.
type result struct {
	Landlock  int // as the metrics say
	Forbidden map[string]string
	Allowed   map[string]string
}

// Inside is called first in TestMain. In a process that the tests of this package started
// it runs the service and the attempts, and ends the process.
func Inside(run Run) {
	text := os.Getenv(variable)
	if text == "" {
		return
	}
	if err := inside(text, run); err != nil {
		fmt.Fprintln(os.Stderr, "inside:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func inside(text string, run Run) error {
	var g ground
	if err := json.Unmarshal([]byte(text), &g); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, os.Args[1:], os.Getenv, os.Stderr) }()
	if err := awaitReady(g.Admin, ended); err != nil {
		return err
	}
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	_, metrics, err := ask(g.Admin, "/metrics")
	if err != nil {
		return err
	}
	r := result{Forbidden: map[string]string{}, Allowed: map[string]string{}}
	_, value, _ := strings.Cut(metrics, "\nchatter_landlock_version ")
	fmt.Sscan(value, &r.Landlock)
	for _, a := range forbidden {
		r.Forbidden[a.name] = textOf(a.try(g))
	}
	for _, a := range allowed {
		r.Allowed[a.name] = textOf(a.try(g))
	}
	r.Allowed["a reload with the same settings"] = textOf(run(ctx, append(os.Args[1:], "--check"), os.Getenv, os.Stderr))
	r.Forbidden[moreFiles] = textOf(run(ctx, append(os.Args[1:], "--check", "--refuse", g.Other), os.Getenv, os.Stderr))
	return json.NewEncoder(os.Stdout).Encode(r)
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// awaitReady waits until the service is ready. The error is that with which it ended.
func awaitReady(admin string, ended <-chan error) error {
	tick, limit := time.NewTicker(10*time.Millisecond), time.After(HangLimit)
	defer tick.Stop()
	for {
		status, body, err := ask(admin, "/readyz")
		if err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-tick.C:
		case err := <-ended:
			return fmt.Errorf("the service ended: %v", err)
		case <-limit:
			return fmt.Errorf("not ready after %v: %d %s %v", HangLimit, status, body, err)
		}
	}
}

// ask gets a path through a Unix socket.
func ask(socket, path string) (status int, body string, err error) {
	client := http.Client{Timeout: HangLimit, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	resp, err := client.Get("http://admin" + path)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(content), err
}
