package doctor

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// A check that cannot be made is named, and is no finding.
func TestExamine_NamesWhatItCannotExamine(t *testing.T) {
	for _, u := range []struct {
		name string
		want []string
		hide func(h *tree)
	}{
		{"no supervisord", []string{"programs of supervisor"}, func(h *tree) { h.check(os.Remove(filepath.Join(h.dir, "supervisor.sock"))) }},
		{"make run", []string{"programs of supervisor", "readiness of httpd", "readiness of wsd", "nginx", "descriptors of nginx", "logs of nginx", "limits of nginx", "https", "certificate",
			"addresses of the site's name", "a message through the site", "whether nginx may connect to httpd.sock", "whether nginx may connect to wsd.sock"}, func(h *tree) {
			h.check(os.Remove(filepath.Join(h.dir, "supervisor.sock")))
			for name := range pids {
				h.check(os.Remove(filepath.Join(h.dir, name+".admin.sock")))
			}
			pid := pids["httpd-0"]
			h.peer = func(socket string) (int, error) {
				if filepath.Base(socket) == "wsd.sock" {
					return pids["wsd-0"], nil
				}
				return pid, nil
			}
		}},
		{"a process of another user", []string{"settings of wsd-1", "secret of wsd-1", "descriptors of wsd-1", "version of wsd-1"}, func(h *tree) {
			for _, name := range []string{"cmdline", "environ", "exe", "limits", "status"} {
				h.check(os.Remove(h.path(proc(pids["wsd-1"], name))))
			}
		}},
		{"a version that does not tell its settings", []string{"whether httpd-0 has read its settings file"}, func(h *tree) {
			h.write("etc/chatter/settings", "CHATTER_SAY_RATE=7\n")
			h.edit(proc(pids["httpd-0"], "cmdline"), "--listen", "--settings=/etc/chatter/settings\x00--listen")
		}},
		{"Redis inside make run", []string{"Redis", "clock of Redis", "disk"}, func(h *tree) {
			for _, pid := range pids {
				h.edit(proc(pid, "environ"), "PATH=/bin\x00", "CHATTER_REDIS_EMBEDDED=true\x00")
			}
		}},
		{"a young file", []string{"days until the disk is full"}, func(h *tree) {
			h.growth = func(context.Context) float64 { return math.NaN() }
		}},
		{"no nginx", []string{"nginx", "descriptors of nginx", "logs of nginx", "limits of nginx", "https", "certificate", "addresses of the site's name", "a message through the site",
			"whether nginx may connect to httpd.sock", "whether nginx may connect to wsd.sock"}, func(h *tree) {
			h.Machine.nginx = func(context.Context) (string, error) { return "", errors.New("not found") }
		}},
		{"a site without a name", []string{"addresses of the site's name"}, func(h *tree) {
			h.edit("etc/nginx/conf.d/chatter.conf", "server_name "+host, "server_name 127.0.0.1")
			h.certificate("127.0.0.1", 90*24*time.Hour)
		}},
		{"a proxy ends TLS", []string{"certificate", "HSTS"}, func(h *tree) {
			h.edit("etc/nginx/conf.d/chatter.conf", " ssl http2", "")
			for _, pid := range pids {
				h.edit(proc(pid, "environ"), "PATH=/bin\x00", "CHATTER_PUBLIC_URL=https://"+host+"\x00")
			}
		}},
		{"a certificate that cannot be read", []string{"certificate"}, func(h *tree) { h.check(os.Remove(h.path("etc/cert.pem"))) }},
		{"a full Redis", []string{"a message through the site"}, func(h *tree) { h.server.Fill(0.85) }},
		{"a phrase that cannot be read", []string{"a message through the site"}, func(h *tree) {
			for _, pid := range pids {
				h.edit(proc(pid, "environ"), "PATH=/bin\x00", "CHATTER_PHRASE_FILE=/etc/chatter/phrase\x00")
			}
		}},
	} {
		t.Run(u.name, func(t *testing.T) {
			t.Parallel()
			h := healthy(t)
			u.hide(h)
			r := Examine(t.Context(), h.Machine)
			var got []string
			for _, x := range r.Unexamined {
				got = append(got, withoutDirectory(x.What))
				if x.Because == "" {
					t.Errorf("%s: no reason", x.What)
				}
			}
			slices.Sort(got)
			slices.Sort(u.want)
			if !slices.Equal(got, u.want) {
				t.Errorf("not examined are %q, want %q\n%s", got, u.want, r)
			}
			if left := slices.DeleteFunc(found(r), func(name string) bool { return name == always || name == "redis-full" }); len(left) > 0 {
				t.Errorf("found %q\n%s", left, r)
			}
		})
	}
}

// withoutDirectory leaves out the directory of the test in a text.
func withoutDirectory(text string) string {
	if i := slices.Index([]byte(text), '/'); i >= 0 {
		return text[:i] + filepath.Base(text)
	}
	return text
}
