package daemon

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"syscall"
)

// handoverVariable is the environment variable in which an image names its open sockets
// for the next image in the same process.
const handoverVariable = "CHATTER_HANDOVER"

// handover is the value of the variable. Sockets that came by fd:N are not in it: they
// stay open under their number.
type handover struct {
	PID     int                     // of the process; its children inherit the variable too
	Path    string                  // of the program file
	Sockets map[string]handedSocket // by role
	State   int                     // descriptor of what Save returned; 0 = none
}

type handedSocket struct {
	Spec string
	FD   int
}

// handoverEntry returns the environment entry for the next image. The descriptors in it
// survive an exec. state is the descriptor of a file, 0 for none.
func handoverEntry(path string, sockets []*socket, state int) (string, error) {
	next := handover{PID: os.Getpid(), Path: path, Sockets: make(map[string]handedSocket), State: state}
	for _, s := range sockets {
		if s.inherited() {
			continue
		}
		fd, err := s.dup()
		if err != nil {
			return "", fmt.Errorf("keep the socket of the %s: %w", s.role, err)
		}
		next.Sockets[s.role] = handedSocket{s.spec, fd}
	}
	text, err := json.Marshal(next)
	return handoverVariable + "=" + string(text), err
}

// takeHandover returns the handover of the image before this one, once: it clears the
// variable.
func takeHandover() (*handover, error) {
	var h handover
	text := os.Getenv(handoverVariable)
	if text == "" {
		return &h, nil
	}
	os.Unsetenv(handoverVariable)
	if err := json.Unmarshal([]byte(text), &h); err != nil {
		return nil, fmt.Errorf("%s: %w", handoverVariable, err)
	}
	if h.PID != os.Getpid() {
		return new(handover), nil
	}
	for _, s := range h.Sockets {
		syscall.CloseOnExec(s.FD)
	}
	if h.State != 0 {
		syscall.CloseOnExec(h.State)
	}
	return &h, nil
}

// open returns the socket of that role: the one handed over, if it was opened for the
// same spec, or a new one.
func (h *handover) open(role, spec string) (*socket, error) {
	given, ok := h.Sockets[role]
	if !ok || given.Spec != spec {
		ln, err := Listen(spec)
		if err != nil {
			return nil, err
		}
		return &socket{role, spec, ln.(listener)}, nil
	}
	ln, err := adopt(given.FD)
	if err != nil {
		return nil, fmt.Errorf("%s handed over: %w", spec, err)
	}
	if u, ok := ln.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(true) // as a listener that Listen opened
	}
	return &socket{role, spec, ln.(listener)}, nil
}

// close closes the descriptors that were handed over. The opened sockets have their own.
func (h *handover) close() {
	for _, s := range h.Sockets {
		syscall.Close(s.FD)
	}
}
