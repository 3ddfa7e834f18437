package session_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chatter/shared/session"
)

const (
	oldKey = "an old key of good length for the tests"
	newKey = "a new key of good length for the tests!"
)

func TestParseKeys(t *testing.T) {
	for _, test := range []struct {
		name, secret string
		problem      string // "" = good
	}{
		{"one key", oldKey, ""},
		{"one line", oldKey + "\n", ""},
		{"two lines", newKey + "\n" + oldKey + "\n", ""},
		{"blank lines", "\n \n" + newKey + "\n\n\t\n" + oldKey + "\n\n", ""},
		{"carriage returns", newKey + "\r\n" + oldKey + "\r\n", ""},
		{"exactly long enough", "0123456789abcdef0123456789abcdeF", ""},
		{"empty", "", "no key"},
		{"blank", "\n \n", "no key"},
		{"too short", "0123456789abcdef0123456789abcde", "line 1: a key of 31 bytes is too short"},
		{"one character", strings.Repeat("k", 40), "line 1: a key that repeats"},
		{"seven characters", "abcdefgabcdefgabcdefgabcdefgabcdefgggg", "line 1: a key that repeats"},
		{"a word, repeated", "\n" + strings.Repeat("chatter-key-", 3), "line 2: a key that repeats"},
		{"a word, repeated, and its beginning", strings.Repeat("chatter-key-", 3) + "chat", "line 1: a key that repeats"},
		{"too short behind a good one", newKey + "\n\nshort\n", "line 3: "},
		{"long only by its white space", "short" + strings.Repeat(" ", 40), "line 1: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			keys, err := session.ParseKeys([]byte(test.secret))
			switch {
			case test.problem == "" && err != nil:
				t.Fatalf("error %v, want none", err)
			case test.problem == "" && keys == nil:
				t.Fatal("no error and no keys")
			case test.problem != "" && err == nil:
				t.Fatalf("no error, want one with %q", test.problem)
			case test.problem != "" && !strings.Contains(err.Error(), test.problem):
				t.Fatalf("error %q, want one with %q", err, test.problem)
			}
		})
	}
}

func TestParseKeys_ErrorShowsNoKey(t *testing.T) {
	_, err := session.ParseKeys([]byte(newKey + "\nhush-hush\n"))
	if err == nil || strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), newKey) {
		t.Fatalf("error %v, want one that shows no key", err)
	}
}

func TestKeys_FormattedShowNoKey(t *testing.T) {
	keys := mustKeys(t, newKey, oldKey)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(verb, keys); s != "2 keys" {
			t.Errorf("%s shows %q, want %q", verb, s, "2 keys")
		}
	}
}

func TestLoadKeys(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if _, err := session.LoadKeys(file("good", newKey+"\n")); err != nil {
		t.Errorf("a good file: %v", err)
	}
	for _, test := range []struct{ name, path, says string }{
		{"no path", "", "FILE"},
		{"no file", filepath.Join(dir, "absent"), filepath.Join(dir, "absent")},
		{"a directory", dir, dir},
		{"short key", file("short", "short\n"), "line 1"},
		{"empty", file("empty", ""), "no key"},
		{"endless", "/dev/zero", "longer than"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := session.LoadKeys(test.path)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range []string{test.says, "make one", "/dev/urandom"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
		})
	}
}

// A file that the group or other users may write is one that they may replace the key in.
func TestLoadKeys_RefusesAFileOfEverybody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	for mode, refused := range map[os.FileMode]bool{0o600: false, 0o640: false, 0o644: true, 0o602: true, 0o660: true, 0o620: true} {
		if err := os.WriteFile(path, []byte(newKey), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := session.LoadKeys(path)
		if (err != nil) != refused || refused && !strings.Contains(err.Error(), "chmod g-w,o= "+path) {
			t.Errorf("mode %o: error %v, want one: %v", mode, err, refused)
		}
	}
}

func mustKeys(tb testing.TB, lines ...string) *session.Keys {
	tb.Helper()
	keys, err := session.ParseKeys([]byte(strings.Join(lines, "\n")))
	if err != nil {
		tb.Fatal(err)
	}
	return keys
}

func TestDerive_DependsOnPurposeAndNewestKey(t *testing.T) {
	derive := func(purpose string, lines ...string) string { return string(mustKeys(t, lines...).Derive(purpose)) }
	const one, two = "0123456789abcdefghijklmnopqrstuv one", "0123456789abcdefghijklmnopqrstuv two"
	first := derive("presence", one)
	if first != derive("presence", one, two) || len(first) != 32 {
		t.Error("processes with one secret differ")
	}
	if first == derive("other", one) || first == derive("presence", two, one) {
		t.Error("two purposes or two keys have one derived key")
	}
}
