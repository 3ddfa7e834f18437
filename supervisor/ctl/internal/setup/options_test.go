package setup

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestOptions_AreChecked(t *testing.T) {
	for _, c := range []struct {
		o    Options
		says string // "" = they are right
	}{
		{Options{Name: "chat.example.org"}, ""},
		{Options{Name: "xn--bcher-kva.example"}, ""},
		{Options{Name: "a.b", Proxies: []string{"192.0.2.1", " 2001:db8::/48"}}, ""},
		{Options{Name: ""}, "not the name of a host"},
		{Options{Name: "localhost"}, "not the full name"},
		{Options{Name: "chat.example.org."}, "not the name of a host"},
		{Options{Name: "https://chat.example.org"}, "not the name of a host"},
		{Options{Name: "chat_1.example.org"}, "not the name of a host"},
		{Options{Name: "-a.example.org"}, "not the name of a host"},
		{Options{Name: "bücher.example"}, "xn--"},
		{Options{Name: "192.0.2.1"}, "is an address"},
		{Options{Name: "2001:db8::1"}, "is an address"},
		{Options{Name: strings.Repeat("a.", 127) + "org"}, "not the full name"},
		{Options{Name: "a.b", Proxies: []string{""}}, `got ""`},
		{Options{Name: "a.b", Proxies: []string{"192.0.2.1;"}}, `got "192.0.2.1;"`},
		{Options{Name: "a.b", Proxies: []string{"192.0.2.1"}, AgreeTOS: true}, "--behind-proxy needs no certificate"},
		{Options{Name: "a.b", ACMEAuthority: "/nowhere"}, "--acme-ca: open /nowhere"},
	} {
		err := c.o.Check()
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%+v: %v, want %q", c.o, err, c.says)
		}
	}
	if o := (Options{Name: "Chat.Example.ORG"}); o.Check() != nil || o.Name != "chat.example.org" {
		t.Errorf("the name is %q", o.Name)
	}
}

// certbot asks only if it may, and only what it must.
func TestCertbot_CommandLine(t *testing.T) {
	for _, c := range []struct {
		o        Options
		terminal bool
		want     string // the end of the line
	}{
		{Options{}, true, "--keep-until-expiring"},
		{Options{}, false, "--keep-until-expiring --non-interactive"},
		{Options{AgreeTOS: true}, true, "--agree-tos --register-unsafely-without-email --non-interactive"},
		{Options{AgreeTOS: true, Email: "a@example.org"}, true, "--agree-tos --email a@example.org --non-interactive"},
		{Options{Email: "a@example.org"}, true, "--keep-until-expiring --email a@example.org"},
		{Options{ACMEDirectory: "https://x/dir"}, true, "--keep-until-expiring --server https://x/dir"},
	} {
		p := &plan{Machine: &Machine{Root: t.TempDir(), Terminal: c.terminal}, o: c.o}
		if got := strings.Join(p.certbot(), " "); !strings.HasSuffix(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.o, got, c.want)
		}
	}
}

// Without --acme-directory the certificate of a trial is not kept: no browser trusts it.
func TestCertbot_RenewsWhatNoBrowserTrusts(t *testing.T) {
	m := install(t)
	m.check(m.Run(t.Context(), options()))
	for directory, want := range map[string]string{"": "--force-renewal", options().ACMEDirectory: "--keep-until-expiring"} {
		p := &plan{Machine: m.Machine, o: Options{Name: siteName, ACMEDirectory: directory}}
		if got := p.certbot(); !slices.Contains(got, want) {
			t.Errorf("%q: %q, want %s", directory, got, want)
		}
	}
}

func TestPublicURL_InTheSettings(t *testing.T) {
	const line = "CHATTER_PUBLIC_URL=https://a.b\n"
	for before, want := range map[string]string{
		"":                            line,
		"A=b":                         "A=b\n" + line,
		"A=b\n":                       "A=b\n" + line,
		line:                          line,
		"CHATTER_PUBLIC_URL=x\nA=b\n": line + "A=b\n",
		"# CHATTER_PUBLIC_URL=x\nA=b": line + "A=b",
		"#CHATTER_PUBLIC_URL=x\nCHATTER_PUBLIC_URL=y": "#CHATTER_PUBLIC_URL=x\n" + line[:len(line)-1],
		"# set CHATTER_PUBLIC_URL=x\n":                "# set CHATTER_PUBLIC_URL=x\n" + line,
	} {
		if got := withPublicURL(before, "https://a.b"); got != want {
			t.Errorf("%q becomes %q, want %q", before, got, want)
		}
	}
}

func TestReplace_KeepsModeAndLink(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	if err := replace(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(file)
	info, _ := os.Lstat(file)
	if string(text) != "new" || info.Mode() != 0o640 {
		t.Errorf("%q, mode %v", text, info.Mode())
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("%d files", len(left))
	}
	if err := replace(filepath.Join(dir, "none", "file"), nil); err == nil {
		t.Error("no error without the directory")
	}
}
