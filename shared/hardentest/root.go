package hardentest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Root checks that the service refuses to serve as root. main are environment entries that
// make the test binary the service.
func Root(t *testing.T, main ...string) {
	if os.Geteuid() != 0 {
		t.Skip("only root can start something as root")
	}
	dir := directory(t)
	secret := filepath.Join(dir, "secret")
	write(t, secret, firstKey)
	for _, of := range []struct {
		args []string
		want string // in the output; "" = it ends well
	}{
		{nil, "started as root"},
		{[]string{"--check"}, ""}, // serves nothing
	} {
		// Without the flag that refuses it, the address would.
		cmd := exec.Command(os.Args[0], append([]string{"--secret-file", secret, "--listen", "fd:9999"}, of.args...)...)
		cmd.Env = append(os.Environ(), main...)
		out, err := cmd.CombinedOutput()
		if (err == nil) != (of.want == "") || !strings.Contains(string(out), of.want) || strings.Count(string(out), "\n") > 1 {
			t.Errorf("%q: %v, %s; want %q", of.args, err, out, of.want)
		}
	}
}
