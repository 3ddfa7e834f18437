package refuse

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chatter/shared/name"
)

func TestNames_RefuseEverySpelling(t *testing.T) {
	n, err := Parse("# comment\n\n  Go Fans \n/^admin/\n/s.x$/\n")
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]bool{
		"go fans": true, "GO  FANS": true, "Ｇｏ Ｆａｎｓ": true, "gofans": false, "go": false,
		"admin": true, "ADMIN 2": true, "the admin": false, "Six": true, "sixty": false, "comment": false,
	} {
		user, err := name.ParseUser(s)
		if err != nil {
			t.Fatal(err)
		}
		room, err := name.ParseRoom(s)
		if err != nil {
			t.Fatal(err)
		}
		if n.User(user) != want || n.Room(room) != want {
			t.Errorf("%q: %v, %v, want %v", s, n.User(user), n.Room(room), want)
		}
		if (*Names)(nil).User(user) {
			t.Errorf("no list refuses %q", s)
		}
	}
}

func TestLoad_SaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"tea\n/(/":  "names, line 2: error parsing regexp",
		"/^admin":   "names, line 1: want a regular expression between slashes",
		"//":        "names, line 1: want a regular expression",
		"\n\na/b\n": `names, line 3: "a/b" is no name`,
	} {
		path := filepath.Join(t.TempDir(), "names")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there")
	}
}
