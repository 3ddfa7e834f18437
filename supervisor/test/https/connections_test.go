package https_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

// testConnections checks what install.sh does about worker_connections and
// worker_rlimit_nofile: it changes only what the distribution has set, and says what the
// operator should do otherwise. nginx accepts the result each time.
func testConnections(t *testing.T, s *stack.Stack) {
	replace := strings.NewReplacer
	for name, test := range map[string]struct {
		edit               *strings.Replacer // of Debian's nginx.conf
		connections, files string            // afterwards
		advice             []string
	}{
		"the distribution's": {replace(), "32768", "65536", nil},
		"an operator's":      {replace("768;", "1024;"), "1024", "65536", []string{"set worker_connections"}},
		"marked as an operator's": {
			replace("768;", "768; # enough"), "768", "65536", []string{"set worker_connections"},
		},
		"larger than ours": {replace("768;", "50000;", "worker_processes", "worker_rlimit_nofile 100000;\nworker_processes"), "50000", "100000", nil},
		"an operator's files": {
			replace("worker_processes", "worker_rlimit_nofile 4096;\nworker_processes"), "32768", "4096", []string{"set it to at least 65536"},
		},
		"another distribution's": {
			replace("include modules-enabled/*.conf;\n", "", "768;", "1024;"), "1024", "none",
			[]string{"set worker_connections", "add at its top: worker_rlimit_nofile 65536;"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := &machine{t: t, root: fixture.Dir(t), loopbacks: loopbacks(), httpPort: "8080", httpsPort: "8443"}
			m.writeCertificate()
			m.mkdir("var/log/nginx")
			m.write("etc/nginx/nginx.conf", test.edit.Replace(debianConf(t, m.root)))
			for range 2 { // an upgrade does the same
				cmd := exec.Command("../../../nginx/install.sh", "http", siteName)
				cmd.Env = append(os.Environ(), m.values(s)...)
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("install.sh: %v\n%s", err, out)
				}
				if strings.Count(string(out), "\n") != len(test.advice) {
					t.Errorf("install.sh says %q, want lines with %q", out, test.advice)
				}
				for _, advice := range test.advice {
					if !strings.Contains(string(out), advice) {
						t.Errorf("install.sh says %q, want %q in it", out, advice)
					}
				}
			}
			conf := m.conf(t)
			files := "none"
			for _, d := range named(conf, "worker_rlimit_nofile") {
				files = d.words[1]
			}
			connections := named(named(conf, "events")[0].block, "worker_connections")
			if got := fmt.Sprint(connections[0].words[1], " ", files); got != test.connections+" "+test.files {
				t.Errorf("worker_connections and worker_rlimit_nofile: %s, want %s %s", got, test.connections, test.files)
			}
		})
	}
}
