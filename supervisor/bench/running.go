package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"chatter/shared/wire"
	"chatter/supervisor/bench/swarm"
)

// running is a server that somebody else has started.
type running struct {
	server swarm.Server
	pids   []int // what it is made of
}

// take makes r the server as one that is measured. Nothing in it is ended by stop. Its
// rooms are new: in those of another run the log is not empty.
func (v *running) take(r *rig) {
	r.servers, r.accs = []swarm.Server{v.server}, slices.Clone(v.pids)
	r.prefix = strings.ToLower(rand.Text()[:8])
}

// runningServer is the server that the flags name, nil for none. A guest has been let in.
func (c config) runningServer(ctx context.Context) (*running, error) {
	switch {
	case c.Server == "" && c.Pids == "":
		return nil, nil
	case c.Server == "":
		return nil, errors.New("--server is missing: the address of the server that --pids are the processes of")
	case c.Pids == "":
		return nil, errors.New("--pids is missing: the processes that --server is made of, to account for")
	case c.SecretFile == "":
		return nil, errors.New("--secret-file is missing: the one of --server, to sign a guest in with")
	}
	pids, err := parsePids(c.Pids)
	if err != nil {
		return nil, fmt.Errorf("--pids: %w", err)
	}
	cookie, err := cookieOf(c.SecretFile, "Bench")
	if err != nil {
		return nil, fmt.Errorf("--secret-file: %w", err)
	}
	v := &running{swarm.Server{Addr: c.Server, Cookie: cookie, Protocol: wire.Subprotocol}, pids}
	var r rig
	v.take(&r)
	o, err := v.server.Open(ctx, r.path(0))
	if err != nil {
		return nil, fmt.Errorf("--server: %w", err)
	}
	o.Close()
	return v, nil
}

// parsePids reads process ids, separated by commas, whose processor time and memory can
// be read.
func parsePids(text string) (pids []int, err error) {
	for field := range strings.SplitSeq(text, ",") {
		pid, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || pid < 1 {
			return nil, fmt.Errorf("%q is no process id", field)
		}
		if slices.Contains(pids, pid) {
			return nil, fmt.Errorf("process %d is there twice", pid)
		}
		pids = append(pids, pid)
	}
	for _, pid := range pids {
		_, err1 := cpuOf([]int{pid})
		_, err2 := memoryOf(pid)
		if errors.Is(err2, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no process %d", pid)
		}
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
	}
	return pids, nil
}
