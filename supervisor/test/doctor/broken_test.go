package doctor_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"chatter/shared/redisconn"
	"chatter/supervisor/run/child"
	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

// breakage breaks one thing of a stack that runs, and mends it.
type breakage struct {
	kind   string
	also   []string // what follows from it
	damage func(b *bench)
	mend   func(b *bench)
}

// bench is a stack with what the breakages need.
type bench struct {
	t *testing.T
	*stack.Stack
	bin   string
	saved string // a value that comes back
}

func (b *bench) check(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) file(elements ...string) string {
	return filepath.Join(append([]string{b.Dir()}, elements...)...)
}

func (b *bench) chmod(name string, mode os.FileMode) {
	b.t.Helper()
	b.check(os.Chmod(b.file(name), mode))
}

func (b *bench) ctl(args ...string) {
	b.t.Helper()
	_, err := b.Ctl(b.t.Context(), args...)
	b.check(err)
}

// config sets a value in Redis and returns the one before.
func (b *bench) config(name, value string) string {
	b.t.Helper()
	c, err := redisconn.Open(b.RedisURL())
	b.check(err)
	defer c.Close()
	ctx := context.Background()
	before := c.Universal().ConfigGet(ctx, name).Val()[name]
	b.check(c.Universal().ConfigSet(ctx, name, value).Err())
	return before
}

// reload has nginx read its files and waits until only new workers serve.
func (b *bench) reload() {
	b.t.Helper()
	master, err := b.Pid(b.t.Context(), "nginx")
	b.check(err)
	before := child.Of(master)
	b.check(syscall.Kill(master, syscall.SIGHUP))
	fixture.Await(b.t, "nginx has new workers", func() bool {
		now := child.Of(master)
		return len(now) > 0 && !slices.ContainsFunc(now, func(pid int) bool { return slices.Contains(before, pid) })
	})
}

// own writes the operator's file of the site, "" removes it, and has nginx read it.
func (b *bench) own(text string) {
	b.t.Helper()
	if path := b.file("nginx", "chatter.d", "own.conf"); text != "" {
		b.check(os.WriteFile(path, []byte(text), 0o644))
	} else {
		b.check(os.Remove(path))
	}
	b.reload()
}

func (b *bench) edit(old, new string) {
	b.t.Helper()
	path := b.file("nginx", "chatter", "site.conf")
	text, err := os.ReadFile(path)
	b.check(err)
	if !strings.Contains(string(text), old) {
		b.t.Fatalf("site.conf has no %q", old)
	}
	b.check(os.WriteFile(path, []byte(strings.Replace(string(text), old, new, 1)), 0o644))
	b.reload()
}

// ready waits until every process serves guests.
func (b *bench) ready() {
	b.t.Helper()
	fixture.Await(b.t, "all processes are ready", func() bool {
		for _, process := range stack.Processes[:4] {
			if _, err := b.AdminGet(b.t.Context(), process, "/readyz"); err != nil {
				return false
			}
		}
		answer, err := http.Get(b.URL())
		if err == nil {
			answer.Body.Close()
		}
		return err == nil && answer.StatusCode == http.StatusOK
	})
}

const limit = "limit_req         zone=chatter_requests burst=2000 nodelay;"

var breakages = []breakage{
	{"program-down", nil, func(b *bench) { b.ctl("stop", "httpd:httpd_1") }, func(b *bench) { b.ctl("start", "httpd:httpd_1"); b.ready() }},
	{"program-down", []string{"nginx-down", "talk-fails"}, func(b *bench) { b.ctl("stop", "nginx") }, func(b *bench) { b.ctl("start", "nginx"); b.ready() }},
	{"redis-away", []string{"not-ready", "program-down", "talk-fails"}, func(b *bench) { b.ctl("stop", "redis") }, func(b *bench) { b.ctl("start", "redis"); b.ready() }},
	{"socket-open", nil, func(b *bench) { b.chmod("httpd.sock", 0o666) }, func(b *bench) { b.chmod("httpd.sock", 0o660) }},
	{"admin-open", nil, func(b *bench) { b.chmod("wsd-0.admin.sock", 0o666) }, func(b *bench) { b.chmod("wsd-0.admin.sock", 0o600) }},
	{"directory-open", nil, func(b *bench) { b.chmod(".", 0o777) }, func(b *bench) { b.chmod(".", 0o700) }},
	{"socket-missing", []string{"talk-fails"}, func(b *bench) { b.check(os.Rename(b.file("wsd.sock"), b.file("away"))) },
		func(b *bench) { b.check(os.Rename(b.file("away"), b.file("wsd.sock"))) }},
	{"service-silent", nil, func(b *bench) { b.check(os.Rename(b.file("wsd-1.admin.sock"), b.file("away"))) },
		func(b *bench) { b.check(os.Rename(b.file("away"), b.file("wsd-1.admin.sock"))) }},
	{"secret-bad", nil, func(b *bench) { b.chmod("secret", 0o644) }, func(b *bench) { b.chmod("secret", 0o600) }},
	{"redis-setting", nil, func(b *bench) { b.saved = b.config("appendfsync", "everysec") }, func(b *bench) { b.config("appendfsync", b.saved) }},
	{"redis-clients", nil, func(b *bench) { b.saved = b.config("maxclients", "300") }, func(b *bench) { b.config("maxclients", b.saved) }},
	{"redis-full", nil, func(b *bench) { b.saved = b.config("maxmemory", "1mb") }, func(b *bench) { b.config("maxmemory", b.saved); b.roomy() }},
	{"access-logged", nil, func(b *bench) { b.own("access_log logs/own.log;") }, func(b *bench) { b.own("") }},
	{"errors-logged", nil, func(b *bench) { b.own("error_log logs/own.log;") }, func(b *bench) { b.own("") }},
	{"unlimited", nil, func(b *bench) { b.edit(limit, "#") }, func(b *bench) { b.edit("#\n", limit+"\n") }},
	{"nginx-invalid", nil, func(b *bench) {
		b.check(os.WriteFile(b.file("nginx", "chatter.d", "own.conf"), []byte("no such thing;"), 0o644))
	}, func(b *bench) { b.check(os.Remove(b.file("nginx", "chatter.d", "own.conf"))) }},
	{"binary-replaced", nil, func(b *bench) { b.replace("wsd", "") }, func(b *bench) { b.ctl("restart", "wsd:wsd_0"); b.ctl("restart", "wsd:wsd_1"); b.ready() }},
	{"versions-differ", []string{"binary-replaced"}, func(b *bench) { b.replace("wsd", "newer"); b.ctl("restart", "wsd:wsd_0"); b.ready() }, nil},
}

// roomy waits until every process knows that Redis is not full any more.
func (b *bench) roomy() {
	b.t.Helper()
	fixture.Await(b.t, "Redis counts as roomy", func() bool {
		return !slices.ContainsFunc(stack.Processes[:4], func(process string) bool {
			says, err := b.AdminGet(b.t.Context(), process, "/readyz")
			return err != nil || strings.Contains(says, "of maxmemory is used")
		})
	})
}

// replace puts another file in place of a service's, with more at its end.
func (b *bench) replace(service, more string) {
	b.t.Helper()
	old, path := filepath.Join(b.bin, service), filepath.Join(b.bin, service+".new")
	copyFile(b.t, old, path)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	b.check(err)
	_, err = io.WriteString(f, more)
	b.check(err)
	b.check(f.Close())
	b.check(os.Rename(path, old))
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestDoctor_FindsExactlyWhatIsBroken(t *testing.T) {
	bin := fixture.Dir(t)
	for _, service := range []string{"httpd", "wsd"} {
		copyFile(t, filepath.Join(fixture.Services(t), service), filepath.Join(bin, service))
	}
	b := &bench{Stack: fixture.Start(t, stack.Options{Bin: bin}), bin: bin, t: t}
	healthy := examine(t, b.Stack).kinds("danger", "warning")
	for _, x := range breakages {
		t.Run(x.kind, func(t *testing.T) {
			b.t = t
			x.damage(b)
			r := examine(t, b.Stack)
			if x.mend != nil {
				x.mend(b)
			}
			got := slices.DeleteFunc(r.kinds("danger", "warning"), func(kind string) bool { return slices.Contains(healthy, kind) })
			want := append([]string{x.kind}, x.also...)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("found %q, want %q: %+v", got, want, r)
			}
			if danger := len(r.kinds("danger")) > 0; danger != (r.code == 1) || r.code > 1 {
				t.Errorf("exit code %d, danger %v", r.code, danger)
			}
		})
	}
}
