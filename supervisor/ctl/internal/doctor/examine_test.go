package doctor

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// found returns the kinds of all findings, each once.
func found(r Report) (names []string) {
	for _, f := range r.Findings {
		names = append(names, f.Kind)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// always is what a healthy machine finds, too: the talk says what it leaves.
const always = "talk-leaves"

func TestExamine_HealthyMachine(t *testing.T) {
	h := healthy(t)
	r := Examine(t.Context(), h.Machine)
	if got := found(r); !slices.Equal(got, []string{always}) || r.InDanger() || len(r.Unexamined) > 0 || len(r.Fine) != len(checks) {
		t.Errorf("%s", r)
	}
}

func TestExamine_AnotherSpellingIsNotStale(t *testing.T) {
	h := healthy(t)
	variables := func(proxies, check string) string {
		return "CHATTER_TRUSTED_PROXIES=" + proxies + "\x00CHATTER_CHECK=" + check + "\x00CHATTER_SECRET_FILE=/etc/chatter/secret\x00CHATTER_REDIS=" + h.server.URL + "\x00"
	}
	h.write("etc/chatter/settings", "CHATTER_ALLOW_ROOT=1\nCHATTER_RETENTION=1440m\nCHATTER_ORIGINS=a.example b.example\nCHATTER_PING_INTERVAL=60s\n")
	h.write("etc/systemd/system/supervisor.service.d/chatter.conf", "[Service]\nEnvironment=\""+strings.ReplaceAll(variables("192.0.2.1 2001:DB8::/48", "t"), "\x00", "\" \"")+"GOGC=50\"\n")
	for name, pid := range pids {
		h.edit(proc(pid, "cmdline"), "--listen", "--settings\x00/etc/chatter/settings\x00--listen")
		h.write(proc(pid, "environ"), variables("192.0.2.1/32,2001:db8::/48", "true"))
		h.settings[name] = map[string]string{"allow-root": "true", "retention": "24h", "origins": "a.example,b.example", "ping-interval": "1m",
			"secret-file": "/etc/chatter/secret", "redis": h.server.URL}
	}
	if r := Examine(t.Context(), h.Machine); slices.Contains(found(r), "settings-stale") {
		t.Errorf("%s", r)
	}
}

func (h *tree) link(name, target string) {
	h.check(os.Remove(h.path(name)))
	h.check(os.Symlink(h.path(target), h.path(name)))
}

// certificate has nginx show another certificate, from its file.
func (h *tree) certificate(name string, left time.Duration) {
	h.shown = h.certify(name, left)
	h.writeCertificate(h.shown)
}

func TestExamine_FindsExactlyWhatIsBroken(t *testing.T) {
	for _, b := range broken {
		t.Run(b.kind+" "+b.name, func(t *testing.T) {
			t.Parallel()
			h := healthy(t)
			b.damage(h)
			r := Examine(t.Context(), h.Machine)
			want := []string{b.kind}
			if b.also != "" {
				want = append(want, b.also)
			}
			slices.Sort(want)
			got := slices.DeleteFunc(found(r), func(name string) bool { return name == always })
			if !slices.Equal(got, want) {
				t.Errorf("found %q, want %q:\n%s", got, want, r)
			}
			if r.InDanger() != slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Level == Danger }) {
				t.Error("danger and findings differ")
			}
		})
	}
}

// failRewrite kills the process that writes Redis's file anew.
func (h *tree) failRewrite() {
	h.t.Helper()
	h.server.Do("SET", "key", "value")
	h.server.Do("CONFIG", "SET", "rdb-key-save-delay", "100000000") // microseconds
	h.server.Do("BGREWRITEAOF")
	this := &Machine{}
	limit := time.After(2 * time.Minute)
	for !strings.Contains(h.server.Do("INFO", "persistence"), "aof_last_bgrewrite_status:err") {
		for _, pid := range this.children(h.server.Pid()) {
			h.check(syscall.Kill(pid, syscall.SIGKILL))
		}
		select {
		case <-limit:
			h.t.Fatal("the rewrite does not fail")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestKinds_AreBrokenOneByOne(t *testing.T) {
	for _, k := range kinds() {
		if !slices.ContainsFunc(broken, func(b breakage) bool { return b.kind == k.name }) && k.name != always {
			t.Errorf("no machine is broken so that %s is found", k.name)
		}
	}
}

// The name of a finding leads to the one file that has its kind and the code that finds it.
func TestKinds_StandBesideTheirCode(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(file string) bool { return strings.HasSuffix(file, "_test.go") })
	for _, k := range kinds() {
		var defined, used []string
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), `	{"`+k.name+`", `) {
				defined = append(defined, file)
			}
			if strings.Contains(string(text), `r.find("`+k.name+`"`) {
				used = append(used, file)
			}
		}
		if len(defined) != 1 || !slices.Equal(defined, used) {
			t.Errorf("%s is defined in %q and found in %q", k.name, defined, used)
		}
	}
}
