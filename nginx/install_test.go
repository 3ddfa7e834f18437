package nginx_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// install runs install.sh for the https site below root.
func install(root string, values ...string) ([]byte, error) {
	return installAs("chat.example.org", root, values...)
}

func installAs(name, root string, values ...string) ([]byte, error) {
	cmd := exec.Command("./install.sh", "https", name)
	cmd.Env = append(append(os.Environ(), "DESTDIR="+root), values...)
	return cmd.CombinedOutput()
}

// installed returns the files of nginx's configuration by their paths below root.
func installed(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(filepath.Join(root, "etc/nginx"), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, root)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestInstall_ThatFailsLeavesTheFilesAsTheyWere(t *testing.T) {
	root := t.TempDir()
	if out, err := install(root); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	before := installed(t, root)
	if out, err := install(root, "CHATTER_WSD=unix:/a\nb"); err == nil {
		t.Errorf("a value of two lines is accepted: %s", out)
	}
	if diff := cmp.Diff(before, installed(t, root)); diff != "" {
		t.Errorf("after the failure (-before +after):\n%s", diff)
	}
}

func TestInstall_TakesValuesAsTheyAre(t *testing.T) {
	root := t.TempDir()
	const certificate = `/etc/R&D/a|b\c.pem`
	if out, err := install(root, "CHATTER_CERTIFICATE="+certificate); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if conf := installed(t, root)["/etc/nginx/conf.d/chatter.conf"]; !strings.Contains(conf, " "+certificate+";") {
		t.Errorf("%s is not in\n%s", certificate, conf)
	}
}

// nginx compares names with a Host whose last dot it has removed: a site with the dot would
// answer nobody.
func TestInstall_RefusesWhatIsNoName(t *testing.T) {
	for _, name := range []string{"", "_", ".example.org", "-a.example.org", "chat.example.org.", "a-", "a b", "a;b", "a_b", "a\nb", "bücher.example"} {
		if out, err := installAs(name, t.TempDir()); err == nil || !strings.Contains(string(out), "is not the name of a host") {
			t.Errorf("%q: %v, %s", name, err, out)
		}
	}
}
