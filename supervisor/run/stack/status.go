package stack

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// answerLimit is when a request to a process is tried again. It decides nothing.
const answerLimit = time.Minute

// process is what supervisord says of one process.
type process struct {
	state   string // "RUNNING", "BACKOFF" and so on
	pid     string // "0" for one that does not run
	started string // seconds of the Unix clock
	reason  string // for which it could not be started
}

// processes has each process by its name, as in Processes.
type processes map[string]process

// String has a line for each process.
func (list processes) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(list)) {
		p := list[name]
		fmt.Fprintf(&b, "%-16s %-9s pid %s %s\n", name, p.state, p.pid, p.reason)
	}
	return b.String()
}

// statusCall is the body of the XML-RPC request that supervisorctl sends for its status.
// The request itself costs a hundredth of what it costs to start supervisorctl.
const statusCall = `<?xml version="1.0"?><methodCall><methodName>supervisor.getAllProcessInfo</methodName><params/></methodCall>`

// status asks supervisord for all processes.
func (s *Stack) status(ctx context.Context) (processes, error) {
	answer, err := request(ctx, filepath.Join(s.dir, "supervisor.sock"), http.MethodPost, "/RPC2", statusCall)
	if err != nil {
		return nil, fmt.Errorf("ask supervisord: %w", err)
	}
	list, err := parseStatus(strings.NewReader(answer))
	if err != nil {
		return nil, fmt.Errorf("ask supervisord: %w", err)
	}
	return list, nil
}

// parseStatus reads the answer to a statusCall: an array of structs.
func parseStatus(r io.Reader) (list processes, err error) {
	var answer struct {
		Structs []struct {
			Members []struct {
				Name   string `xml:"name"`
				String string `xml:"value>string"`
				Int    string `xml:"value>int"`
			} `xml:"member"`
		} `xml:"params>param>value>array>data>value>struct"`
	}
	if err := xml.NewDecoder(r).Decode(&answer); err != nil {
		return nil, err
	}
	list = make(processes)
	for _, s := range answer.Structs {
		of := map[string]string{}
		for _, m := range s.Members {
			of[m.Name] = m.String + m.Int
		}
		name := of["name"]
		if of["group"] != name {
			name = of["group"] + ":" + name
		}
		list[name] = process{state: of["statename"], pid: of["pid"], started: of["start"], reason: of["spawnerr"]}
	}
	if len(list) == 0 {
		return nil, errors.New("it names no process")
	}
	return list, nil
}

// AdminGet requests a path from the admin listener of a process and returns the body.
func (s *Stack) AdminGet(ctx context.Context, process, path string) (string, error) {
	return request(ctx, s.Admin(process), http.MethodGet, path, "")
}

// request sends a request over a unix socket and returns the body of the answer.
func request(ctx context.Context, socket, method, path, body string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://socket"+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "text/xml") // supervisord wants it
	client := http.Client{Timeout: answerLimit, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", path, resp.Status)
	}
	return string(answer), err
}

// answers reports whether a process listens on a unix socket.
func answers(path string) bool {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
