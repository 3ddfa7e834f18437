package https_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
)

func (m *machine) check(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) mkdir(path string) {
	m.t.Helper()
	m.check(os.MkdirAll(filepath.Join(m.root, path), 0o755))
}

// write writes a file below the machine's root.
func (m *machine) write(path, text string) {
	m.t.Helper()
	m.mkdir(filepath.Dir(path))
	m.check(os.WriteFile(filepath.Join(m.root, path), []byte(text), 0o644))
}

// run runs a command with more environment.
func (m *machine) run(cmd *exec.Cmd, env ...string) {
	m.t.Helper()
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}

// log returns one of nginx's logs, or why there is none.
func (m *machine) log(name string) string {
	text, err := os.ReadFile(filepath.Join(m.logs, name))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// loopbacks returns the addresses of this machine that only it can reach.
func loopbacks() []string {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return []string{"127.0.0.1"}
	}
	l.Close()
	return []string{"127.0.0.1", "::1"}
}
