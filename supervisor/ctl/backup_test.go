package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const testSecret = "Zm9yIHRlc3RzIGFsb25lLCBhIGtleSBvZiA0OCBieXRlcyE\n"

// lay writes files below a new root.
func lay(t *testing.T, files map[string]string) machine {
	t.Helper()
	m := machine{root: t.TempDir()}
	for path, text := range files {
		m.put(t, path, text, 0o640)
	}
	return m
}

func (m machine) put(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.path(path)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(m.path(path), []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(m.path(path), mode); err != nil {
		t.Fatal(err)
	}
}

func (m machine) get(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(m.path(path))
	if err != nil {
		return "missing"
	}
	return string(text)
}

// saved writes a backup of a machine.
func saved(t *testing.T, m machine, named ...string) string {
	t.Helper()
	files, err := m.collect(named)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "backup")
	if err := m.write(name, files); err != nil {
		t.Fatal(err)
	}
	return name
}

var whole = map[string]string{
	secretFile:                              testSecret,
	settingsFile:                            "# a comment\nCHATTER_PHRASE_FILE=/etc/chatter/phrase\nCHATTER_RETENTION=12h\nCHATTER_REFUSE=/srv/names\n",
	"/etc/chatter/phrase":                   "open sesame\n",
	"/srv/names":                            "bad\n",
	directives + "/own.conf":                "client_max_body_size 1k;\n",
	directives + "/own.conf~":               "old",
	"/etc/letsencrypt/key.pem":              "private",
	"/etc/nginx/conf.d/other.conf":          "other",
	"/var/lib/chatter/redis/appendonly.aof": "what was said",
	"/var/log/chatter/wsd-0.log":            "a log",
}

func TestBackup_HasWhatBelongsTogetherAndNothingSaid(t *testing.T) {
	m := lay(t, whole)
	name := saved(t, m)
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, mode %v", err, info.Mode())
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	kept, at, err := unpack(f)
	if time.Since(at) > time.Hour {
		t.Errorf("it says that it is of %v", at)
	}
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range kept {
		got = append(got, f.path)
	}
	want := []string{secretFile, settingsFile, "/etc/chatter/phrase", "/srv/names", directives + "/own.conf"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("it has %q, want %q", got, want)
	}
	files, err := m.collect([]string{"/etc/letsencrypt"})
	if err != nil || files[len(files)-1].path != "/etc/letsencrypt/key.pem" {
		t.Errorf("a certificate that is named: %v, %v", files, err)
	}
	for _, path := range []string{"/var/lib/chatter/redis/appendonly.aof", "/var/lib/chatter", "/var/log/chatter/wsd-0.log"} {
		if _, err := m.collect([]string{path}); err == nil || !strings.Contains(err.Error(), "what guests said") {
			t.Errorf("%s is kept: %v", path, err)
		}
	}
	if _, err := lay(t, nil).collect(nil); err == nil || !strings.Contains(err.Error(), "secret") {
		t.Errorf("a backup without a secret: %v", err)
	}
}

func TestBackup_HasTheFilesThatAnyLineNames(t *testing.T) {
	for path, lines := range map[string]map[string]string{
		settingsFile: {
			"CHATTER_REFUSE=/srv/refused names": "/srv/refused names", " CHATTER_PHRASE_FILE=/srv/phrase\r": "/srv/phrase",
			"#CHATTER_REFUSE=/srv/none": "", "CHATTER_REFUSE=": "", "CHATTER_RETENTION=12h": "",
		},
		dropIn: {
			"Environment=CHATTER_PHRASE_FILE=/srv/phrase":                           "/srv/phrase",
			"Environment=CHATTER_LOG_FORMAT=json CHATTER_REFUSE=/srv/names GOGC=50": "/srv/names",
			`Environment="CHATTER_SAY_RATE=7" "CHATTER_REFUSE=/srv/refused names"`:  "/srv/refused names",
			"Environment='CHATTER_REFUSE=/srv/refused names' CHATTER_SAY_RATE=7":    "/srv/refused names",
			"; Environment=CHATTER_REFUSE=/srv/none":                                "",
		},
		programsFile: {
			`environment=GOMAXPROCS="1",CHATTER_REFUSE="/srv/refused names",CHATTER_SAY_RATE="7"`: "/srv/refused names",
			"environment=CHATTER_SAY_RATE=7,CHATTER_PHRASE_FILE=/srv/phrase,GOMAXPROCS=1":         "/srv/phrase",
			"environment=\n    CHATTER_SAY_RATE='7',\n    CHATTER_REFUSE='/srv/names',":           "/srv/names",
			`;environment=CHATTER_REFUSE="/srv/none"`:                                             "",
		},
	} {
		for line, want := range lines {
			m := lay(t, map[string]string{secretFile: testSecret, path: "[section]\n" + line + "\nend=\n", "/srv/refused names": "x", "/srv/names": "x", "/srv/phrase": "x"})
			files, err := m.collect(nil)
			if err != nil {
				t.Errorf("%s: %v", line, err)
			}
			got := ""
			for _, f := range files {
				if strings.HasPrefix(f.path, "/srv/") {
					got += f.path
				}
			}
			if got != want {
				t.Errorf("%s: it has %q, want %q", line, got, want)
			}
		}
	}
}

// A backup that cannot be completed leaves the one of yesterday as it is.
func TestBackup_ReplacesAsAWhole(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "backup")
	if err := os.WriteFile(name, []byte("yesterday"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := replace(name, func(string) error { return fs.ErrInvalid }); err == nil {
		t.Error("no error")
	}
	left, _ := os.ReadDir(dir)
	if text, _ := os.ReadFile(name); string(text) != "yesterday" || len(left) != 1 {
		t.Errorf("it is %q beside %d others", text, len(left)-1)
	}
}

func TestBackup_ReplacesNothingButFiles(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := lay(t, nil).write(pipe, nil); err == nil || !strings.Contains(err.Error(), "no file that could be replaced") {
		t.Errorf("a backup in place of a pipe: %v", err)
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode().Type() != fs.ModeNamedPipe {
		t.Errorf("the pipe is %v now, %v", info, err)
	}
}

func TestRestore_PutsBackWhatDiffers(t *testing.T) {
	name := saved(t, lay(t, whole))
	m := lay(t, map[string]string{
		secretFile: "another\n", settingsFile: whole[settingsFile], directives + "/later.conf": "x",
	})
	os.Chmod(m.path(secretFile), 0o644)
	if _, err := m.restore(name, nil); err == nil || !strings.Contains(err.Error(), "/srv/names, which is restored only if you name it") || m.get(t, secretFile) != "another\n" {
		t.Errorf("a path that is not Chatter's: %v", err)
	}
	said, err := m.restore(name, []string{"/srv/names"})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		secretFile: testSecret, secretFile + kept: "another\n", "/etc/chatter/phrase": "open sesame\n", "/srv/names": "bad\n",
		settingsFile: whole[settingsFile], settingsFile + kept: "missing", directives + "/own.conf": whole[directives+"/own.conf"], directives + "/later.conf": "x",
	} {
		if got := m.get(t, path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if info, err := os.Stat(m.path(secretFile)); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the secret's mode is %v, %v", info.Mode(), err)
	}
	for _, want := range []string{secretFile + kept, "signal HUP httpd:* wsd:*", "nginx -t && systemctl reload nginx", "sign in again"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	if said, err = m.restore(name, []string{"/srv/names"}); err != nil || !strings.Contains(said, "Nothing is changed") {
		t.Errorf("a second time: %q, %v", said, err)
	}
	m.put(t, secretFile, "a third\n", 0o640)
	if _, err = m.restore(name, []string{"/srv/names"}); err == nil || !strings.Contains(err.Error(), "earlier restore") || m.get(t, secretFile+kept) != "another\n" {
		t.Errorf("over an earlier restore: %v", err)
	}
}

// changed returns a backup whose uncompressed bytes are changed.
func changed(t *testing.T, name, before, after string) string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(before) != len(after) || !bytes.Contains(text, []byte(before)) {
		t.Fatalf("%q cannot be replaced", before)
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(bytes.ReplaceAll(text, []byte(before), []byte(after)))
	w.Close()
	return written(t, b.Bytes())
}

func TestRestore_OfADamagedBackupChangesNothing(t *testing.T) {
	m := lay(t, map[string]string{secretFile: testSecret, settingsFile: "CHATTER_RETENTION=12h\n"})
	good := saved(t, m)
	// forged returns a backup in which the settings differ.
	forged := func(forge func(*file)) string {
		files, err := m.collect(nil)
		if err != nil {
			t.Fatal(err)
		}
		forge(&files[1])
		name := filepath.Join(t.TempDir(), "forged")
		if err := m.write(name, files); err != nil {
			t.Fatal(err)
		}
		return name
	}
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct{ name, says string }{
		"cut off":            {written(t, text[:len(text)-20]), "damaged"},
		"a byte differs":     {changed(t, good, "RETENTION=12h", "RETENTION=13h"), "is not what was written"},
		"no archive":         {written(t, []byte("hello")), "no backup"},
		"another format":     {changed(t, good, format, formatPrefix+"9"), "format chatter-backup-9"},
		"a foreign path":     {forged(func(f *file) { f.path = "/etc/shadow" }), "only if you name it"},
		"a path with dots":   {forged(func(f *file) { f.path = "/etc/chatter/../shadow" }), "not an absolute path"},
		"Redis's data":       {forged(func(f *file) { f.path = "/var/lib/chatter/redis/x" }), "what guests said"},
		"a mode with setuid": {forged(func(f *file) { f.mode = 0o4755 }), "mode"},
		"an unknown user":    {forged(func(f *file) { f.owner = "nobody-has-this-name" }), "install Chatter first"},
		"an unknown group":   {forged(func(f *file) { f.group = "nobody-has-this-name" }), "install Chatter first"},
		"a weak secret":      {saved(t, lay(t, map[string]string{secretFile: strings.Repeat("a", 43) + "\n"})), "is no secret"},
	} {
		now := lay(t, map[string]string{secretFile: "now\n", settingsFile: "now\n"})
		_, err := now.restore(c.name, nil)
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "nothing is changed") {
			t.Errorf("%s: %v", what, err)
		}
		if now.get(t, secretFile) != "now\n" || now.get(t, settingsFile) != "now\n" || now.get(t, secretFile+kept) != "missing" {
			t.Errorf("%s: something is changed", what)
		}
	}
}

// A restore that fails in the middle puts back what it has changed.
func TestRestore_ThatFailsPutsBackWhatItChanged(t *testing.T) {
	name := saved(t, lay(t, map[string]string{secretFile: testSecret, directives + "/own.conf": "x\n"}))
	now := lay(t, map[string]string{secretFile: "now\n", directives + "/.own.conf.new/x": "in the way of the temporary file\n"})
	if _, err := now.restore(name, nil); err == nil || !strings.Contains(err.Error(), "is put back") {
		t.Fatal(err)
	}
	if now.get(t, secretFile) != "now\n" || now.get(t, secretFile+kept) != "missing" {
		t.Errorf("the secret is %q, beside it %q", now.get(t, secretFile), now.get(t, secretFile+kept))
	}
}

func written(t *testing.T, text []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
