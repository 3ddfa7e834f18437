package daemon

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"syscall"
)

// handoverVariable is the environment variable by which an image tells the next
// one in the same process which sockets are open.
const handoverVariable = "CHATTER_HANDOVER"

// handover is what one image leaves to the next. Sockets that came by fd:N are
// not in it: they stay where they are.
type handover struct {
	PID     int // whom it is meant for; children inherit the environment too
	Path    string
	Sockets []handedSocket
}

type handedSocket struct {
	Role, Spec string
	FD         int // ours; closed by handover.close
}

// takeHandover returns what an image before this one left, once: it clears the
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
		return &handover{}, nil
	}
	for _, s := range h.Sockets {
		syscall.CloseOnExec(s.FD)
	}
	return &h, nil
}

// open returns the socket of that role: the one handed over, if it was opened
// for the same spec, or a new one.
func (h *handover) open(role, spec string) (*socket, error) {
	for _, s := range h.Sockets {
		if s.Role != role || s.Spec != spec {
			continue
		}
		ln, err := adopt(s.FD)
		if err != nil {
			return nil, fmt.Errorf("%s handed over: %w", spec, err)
		}
		if u, ok := ln.(*net.UnixListener); ok {
			u.SetUnlinkOnClose(true) // as a listener that Listen opened
		}
		return &socket{role, spec, ln}, nil
	}
	ln, err := Listen(spec)
	if err != nil {
		return nil, err
	}
	return &socket{role, spec, ln}, nil
}

// keep takes a second hold of each socket, so that it outlives its listener.
func (h *handover) keep(sockets []*socket) error {
	for _, s := range sockets {
		if s.inherited() {
			continue
		}
		fd, err := s.dup()
		if err != nil {
			return fmt.Errorf("keep the socket of the %s: %w", s.role, err)
		}
		h.Sockets = append(h.Sockets, handedSocket{s.role, s.spec, fd})
	}
	// Only now, when nothing can fail any more.
	for _, s := range sockets {
		if u, ok := s.ln.(*net.UnixListener); ok {
			u.SetUnlinkOnClose(false)
		}
	}
	return nil
}

// pass makes the sockets survive an exec and returns the environment entry for
// the next image. It takes fresh descriptors for it, because syscall.Dup is the
// portable way to one that is not closed on exec.
func (h *handover) pass() (string, error) {
	next := handover{PID: os.Getpid(), Path: h.Path}
	for _, s := range h.Sockets {
		fd, err := syscall.Dup(s.FD)
		if err != nil {
			next.close()
			return "", os.NewSyscallError("dup", err)
		}
		next.Sockets = append(next.Sockets, handedSocket{s.Role, s.Spec, fd})
	}
	text, err := json.Marshal(next)
	if err != nil {
		next.close()
		return "", err
	}
	return handoverVariable + "=" + string(text), nil
}

func (h *handover) close() {
	for _, s := range h.Sockets {
		syscall.Close(s.FD)
	}
	h.Sockets = nil
}
