package stack

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"
)

// answerLimit is when a request to a process is tried again. It decides nothing.
const answerLimit = time.Minute

// process is what supervisord says of one process.
type process struct {
	name    string // as in Processes
	state   string // "RUNNING", "BACKOFF" and so on
	pid     string // "0" for one that does not run
	started string // seconds of the Unix clock
	reason  string // for which it could not be started
}

type processes []process

func (list processes) of(name string) process {
	for _, p := range list {
		if p.name == name {
			return p
		}
	}
	return process{}
}

// String has a line for each process.
func (list processes) String() string {
	var b strings.Builder
	for _, p := range list {
		fmt.Fprintf(&b, "%-16s %-9s pid %s %s\n", p.name, p.state, p.pid, p.reason)
	}
	return b.String()
}

// statusCall is the body of the XML-RPC request that supervisorctl sends for its status.
// The request itself costs a hundredth of what it costs to start supervisorctl.
const statusCall = `<?xml version="1.0"?><methodCall><methodName>supervisor.getAllProcessInfo</methodName><params/></methodCall>`

// status asks supervisord for all processes.
func (s *Stack) status(ctx context.Context) (processes, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://supervisord/RPC2", strings.NewReader(statusCall))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "text/xml")
	resp, err := overSocket(filepath.Join(s.dir, "supervisor.sock")).Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask supervisord: %w", err)
	}
	defer resp.Body.Close()
	list, err := parseStatus(resp.Body)
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
	for _, s := range answer.Structs {
		of := map[string]string{}
		for _, m := range s.Members {
			of[m.Name] = m.String + m.Int
		}
		p := process{name: of["name"], state: of["statename"], pid: of["pid"], started: of["start"], reason: of["spawnerr"]}
		if of["group"] != of["name"] {
			p.name = of["group"] + ":" + of["name"]
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		return nil, errors.New("it names no process")
	}
	return list, nil
}

// overSocket makes a client whose requests all go to a unix socket.
func overSocket(path string) *http.Client {
	return &http.Client{Timeout: answerLimit, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		},
	}}
}

// AdminGet requests a path from the admin listener of a process and returns the body.
func (s *Stack) AdminGet(ctx context.Context, process, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://admin"+path, nil)
	if err != nil {
		return "", err
	}
	resp, err := overSocket(s.Admin(process)).Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", process, resp.Status)
	}
	return string(body), err
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
