package daemon

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// handoverVariable is the environment variable in which an image names its open sockets
// for the next image in the same process.
const handoverVariable = "CHATTER_HANDOVER"

// maxStateBytes bounds what is read of all states.
const maxStateBytes = 16 << 20

// handover is the value of the variable, in JSON. An image of another version reads it, so the
// names in JSON do not change. Sockets that came by fd:N are not in it: they stay open under
// their number.
type handover struct {
	PID     int                     // of the process; its children inherit the variable too
	Path    string                  // of the program file
	Sockets map[string]handedSocket // by role
	States  int                     `json:"State"` // descriptor of a file with the states by name; 0 = none
}

type handedSocket struct {
	Spec string
	FD   int
}

// socket is a listening socket and its purpose.
type socket struct {
	role string // "public" or "admin"
	spec string // as Listen takes it
	ln   listener
}

// inherited reports whether the process was started with the socket open.
func (s *socket) inherited() bool { return strings.HasPrefix(s.spec, "fd:") }

// address returns the spec; for TCP the address itself, because the system may have
// chosen the port.
func (s *socket) address() string {
	if a, ok := s.ln.Addr().(*net.TCPAddr); ok && !s.inherited() {
		return a.String()
	}
	return s.spec
}

// dup returns a second descriptor of the socket, which survives an exec.
func (s *socket) dup() (fd int, err error) {
	raw, err := s.ln.SyscallConn()
	if err != nil {
		return -1, err
	}
	var dupErr error
	if err := raw.Control(func(own uintptr) { fd, dupErr = syscall.Dup(int(own)) }); err != nil {
		return -1, err
	}
	return fd, os.NewSyscallError("dup", dupErr)
}

// handOver keeps the sockets and the states open across an exec, and returns the environment
// entry that tells the next image of them.
func (p *process) handOver() (entry string, err error) {
	next := handover{PID: os.Getpid(), Path: p.image.path, Sockets: make(map[string]handedSocket)}
	for _, s := range p.sockets {
		if s.inherited() {
			continue
		}
		fd, err := s.dup()
		if err != nil {
			return "", fmt.Errorf("keep the socket of the %s: %w", s.role, err)
		}
		next.Sockets[s.role] = handedSocket{s.spec, fd}
	}
	if next.States, err = p.saveStates(); err != nil {
		p.logLostState(err)
	}
	text, err := json.Marshal(next)
	return handoverVariable + "=" + string(text), err
}

// takeHandover returns the handover of the image before this one, once: it clears the
// variable.
func takeHandover() (*handover, error) {
	text := os.Getenv(handoverVariable)
	if text == "" {
		return new(handover), nil
	}
	os.Unsetenv(handoverVariable)
	h := new(handover)
	if err := json.Unmarshal([]byte(text), h); err != nil {
		return nil, fmt.Errorf("%s: %w", handoverVariable, err)
	}
	if h.PID != os.Getpid() {
		return new(handover), nil
	}
	return h, nil
}

// open returns the socket of that role: the one handed over, if it was opened for the
// same spec, or a new one.
func (h *handover) open(role, spec string) (*socket, error) {
	given, ok := h.Sockets[role]
	if !ok || given.Spec != spec {
		if ok { // the new address may comprise this one
			delete(h.Sockets, role)
			syscall.Close(given.FD)
		}
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

// close closes the sockets that were handed over. The opened ones have descriptors of their own.
func (h *handover) close() {
	for _, s := range h.Sockets {
		syscall.Close(s.FD)
	}
}

// saveStates returns a descriptor of a file with the states, which survives an exec. The file
// ends with the process. After an error, the descriptor is 0.
func (p *process) saveStates() (fd int, err error) {
	saved := make(map[string][]byte)
	for name, s := range p.States {
		state, err := s.Save()
		if err != nil {
			p.logLostState(fmt.Errorf("%s: %w", name, err))
			continue
		}
		saved[name] = state
	}
	f, err := namelessFile()
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if err := json.NewEncoder(f).Encode(saved); err != nil {
		return 0, err
	}
	fd, err = syscall.Dup(int(f.Fd()))
	if err != nil {
		return 0, os.NewSyscallError("dup", err)
	}
	return fd, nil
}

// restoreStates hands the states in the file with this descriptor to the service, and closes
// the file.
func (p *process) restoreStates(fd int) {
	if fd == 0 {
		return
	}
	f := os.NewFile(uintptr(fd), "states")
	defer f.Close()
	var saved map[string][]byte
	if err := json.NewDecoder(io.NewSectionReader(f, 0, maxStateBytes)).Decode(&saved); err != nil {
		p.logLostState(err)
	}
	for name, s := range p.States {
		if state, ok := saved[name]; ok {
			if err := s.Restore(state); err != nil {
				p.logLostState(fmt.Errorf("%s: %w", name, err))
			}
		}
	}
}

func (p *process) logLostState(err error) {
	p.Logger.Error("state is lost in the reload", "error", err)
}
