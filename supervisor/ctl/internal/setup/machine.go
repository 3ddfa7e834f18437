package setup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"chatter/supervisor/ctl/internal/terminal"
)

const (
	// attemptTimeout bounds one question to nginx or to a service.
	attemptTimeout = time.Minute
	// endTimeout bounds the end of a program that is told to end.
	endTimeout = 20 * time.Second
)

// Machine is where Chatter is installed.
type Machine struct {
	Root           string // of the file system; "" = /
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Terminal       bool // Stdin is one, so that programs may ask
	// Reload has the processes of the services take the settings, one after the other.
	Reload      func(context.Context) (string, error)
	Addresses   []string      // at which nginx is asked
	HTTP, HTTPS string        // the ports there
	Patience    time.Duration // how long nginx or a service may take for something new
}

// This returns the machine that the process runs on.
func This() *Machine {
	return &Machine{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Terminal:  terminal.Is(os.Stdin),
		Addresses: ownAddresses(), HTTP: "80", HTTPS: "443", Patience: time.Minute,
	}
}

// ownAddresses returns the addresses of this machine, those of loopback last.
func ownAddresses() (own []string) {
	found, _ := net.InterfaceAddrs() // without any, the check says so
	var loopback []string
	for _, a := range found {
		prefix, err := netip.ParsePrefix(a.String())
		switch addr := prefix.Addr(); {
		case err != nil || addr.IsLinkLocalUnicast():
		case addr.IsLoopback():
			loopback = append(loopback, addr.String())
		default:
			own = append(own, addr.String())
		}
	}
	return slices.Concat(own, loopback)
}

func (m *Machine) path(name string) string { return filepath.Join("/", m.Root, name) }

// command returns a command that has not been started.
func (m *Machine) command(ctx context.Context, env []string, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = endTimeout
	return cmd
}

// run runs a program and returns its output. The error holds the output too.
func (m *Machine) run(ctx context.Context, name string, args ...string) (string, error) {
	return output(m.command(ctx, nil, name, args...))
}

func output(cmd *exec.Cmd) (string, error) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	text := strings.TrimSpace(out.String())
	if err != nil {
		return text, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, text)
	}
	return text, nil
}

// eventually calls f until it succeeds, and returns its last error when Patience is over.
func (m *Machine) eventually(ctx context.Context, f func(context.Context) error) error {
	for begun := time.Now(); ; {
		attempt, cancel := context.WithTimeout(ctx, attemptTimeout)
		err := f(attempt)
		cancel()
		if err == nil {
			return nil
		}
		if time.Since(begun) >= m.Patience {
			return fmt.Errorf("%w (tried for %v)", err, m.Patience)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// replace gives a file new contents at once, so that a full disk leaves the old ones. Owner
// and mode stay. A new file can be read by everybody.
func replace(name string, text []byte) error {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	mode, uid, gid := fs.FileMode(0o644), -1, -1
	if info, err := os.Stat(name); err == nil {
		mode = info.Mode().Perm()
		if owner, ok := info.Sys().(*syscall.Stat_t); ok {
			uid, gid = int(owner.Uid), int(owner.Gid)
		}
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".setup-*") // matches no include *.conf
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chown(uid, gid), f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
