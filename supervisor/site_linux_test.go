package supervisor_test

import (
	"crypto/md5"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// debian is a directory in place of /, with the files of Debian's nginx and the script that
// installs the package's site.
type debian struct {
	t    *testing.T
	root string
}

const (
	siteConf    = "/etc/nginx/conf.d/chatter.conf"
	defaultSite = "/etc/nginx/sites-enabled/default"
)

// absolute matches the paths of the script that begin with /.
var absolute = regexp.MustCompile(`([\s=*])(/(?:etc|usr/share|var/lib|run)/)`)

func newDebian(t *testing.T) debian {
	d := debian{t, t.TempDir()}
	d.write("/site", absolute.ReplaceAllString(read(t, "package/site"), "${1}"+d.root+"$2"))
	repository, err := filepath.Abs("..")
	d.check(err)
	for _, dir := range []string{"/usr/share/chatter", "/etc/chatter", "/etc/nginx/sites-enabled", "/var/lib/chatter"} {
		d.check(os.MkdirAll(d.root+dir, 0o755))
	}
	d.check(os.Symlink(filepath.Join(repository, "nginx"), d.root+"/usr/share/chatter/nginx"))
	const shipped = "server { listen 80 default_server; }\n"
	available := d.root + "/etc/nginx/sites-available/default"
	d.write("/etc/nginx/sites-available/default", shipped)
	d.check(os.Symlink(available, d.root+defaultSite))
	d.write("/bin/dpkg-query", fmt.Sprintf("#!/bin/sh\necho ' %s %x'\n", available, md5.Sum([]byte(shipped))))
	d.write("/bin/nginx", "#!/bin/sh\n[ ! -e "+d.root+"/refuses ]\n")
	return d
}

func (d debian) check(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d debian) write(name, text string) {
	d.t.Helper()
	d.check(os.MkdirAll(filepath.Dir(d.root+name), 0o755))
	d.check(os.WriteFile(d.root+name, []byte(text), 0o755))
}

func (d debian) has(name string) bool {
	_, err := os.Lstat(d.root + name)
	return err == nil
}

// site runs the script and reports whether it succeeds.
func (d debian) site(order string) bool {
	cmd := exec.Command("sh", d.root+"/site", order)
	cmd.Env = []string{"PATH=" + d.root + "/bin:/usr/bin:/bin", "DESTDIR=" + d.root}
	out, err := cmd.CombinedOutput()
	d.t.Logf("site %s: %v\n%s", order, err, out)
	return err == nil
}

func TestSite_ReplacesTheDefaultSiteOnlyIfNginxTakesIt(t *testing.T) {
	d := newDebian(t)
	d.write("/refuses", "")
	if d.site("install") || d.has(siteConf) || !d.has(defaultSite) {
		t.Errorf("after a refusal: the site is there: %v, the default site: %v", d.has(siteConf), d.has(defaultSite))
	}
	d.check(os.Remove(d.root + "/refuses"))
	if !d.site("install") || !d.has(siteConf) || d.has(defaultSite) {
		t.Errorf("after the installation: the site is there: %v, the default site: %v", d.has(siteConf), d.has(defaultSite))
	}

	d.write("/refuses", "")
	before := read(t, d.root+siteConf)
	d.write("/etc/chatter/site", "http chat.example.org\n")
	if d.site("install") || read(t, d.root+siteConf) != before || d.has(defaultSite) {
		t.Errorf("after an upgrade that is refused: the default site is there: %v, and the site is\n%s", d.has(defaultSite), read(t, d.root+siteConf))
	}
	d.check(os.Remove(d.root + "/refuses"))
	if !d.site("remove") || d.has(siteConf) || !d.has(defaultSite) {
		t.Errorf("after the removal: the site is there: %v, the default site: %v", d.has(siteConf), d.has(defaultSite))
	}
}

func TestSite_TakesValuesWithSpaces(t *testing.T) {
	d := newDebian(t)
	d.write("/etc/chatter/site", "http chat.example.org\n# a load balancer\nCHATTER_HTTP_IPV4=80 proxy_protocol\nCHATTER_HTTP_IPV6=")
	if !d.site("install") || !strings.Contains(read(t, d.root+siteConf), "80 proxy_protocol;") || strings.Contains(read(t, d.root+siteConf), "[::]") {
		t.Errorf("the site is\n%s", read(t, d.root+siteConf))
	}
}
