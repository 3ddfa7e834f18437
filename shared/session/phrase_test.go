package session_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/session"
)

func TestParsePhrase(t *testing.T) {
	for _, test := range []struct{ name, content, problem string }{
		{"a phrase", "blue heron\n", ""},
		{"blank lines around it", "\n\n blue heron \n\n", ""},
		{"another script", "голубая цапля", ""},
		{"nothing", "\n", "empty"},
		{"too short", "heron\n", "at least 8 characters"},
		{"short without its spaces", "  a   b  \n", "at least 8 characters"},
		{"two lines", "blue heron\ngrey heron\n", "one line"},
		{"a control character", "blue\x00heron", "characters"},
		{"too long", strings.Repeat("heron", 41), "longer than 200 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := session.ParsePhrase([]byte(test.content))
			switch {
			case (err == nil) != (test.problem == ""):
				t.Errorf("error %v, want %q", err, test.problem)
			case err != nil && !strings.Contains(err.Error(), test.problem):
				t.Errorf("error %v, want %q", err, test.problem)
			case err != nil && strings.Contains(err.Error(), "eron"):
				t.Errorf("the error %v shows the phrase", err)
			}
		})
	}
}

func TestPhrase_Is(t *testing.T) {
	p := phrase(t, "Blue  Heron é")
	for typed, want := range map[string]bool{
		"Blue Heron é":            true,
		" blue heron e\u0301 ":    true,
		"BLUE HERON É":            true,
		"blueheron é":             false,
		"blue heron":              false,
		"":                        false,
		"\xff":                    false,
		strings.Repeat("a", 1000): false,
	} {
		if got := p.Is(typed); got != want {
			t.Errorf("%.20q: %v, want %v", typed, got, want)
		}
	}
}

// A new phrase signs everybody out, also guests from before the first one.
func TestKeys_With(t *testing.T) {
	plain, err := session.ParseKeys([]byte(newKey + "\n" + oldKey))
	if err != nil {
		t.Fatal(err)
	}
	first, second := plain.With(phrase(t, "blue heron")), plain.With(phrase(t, "grey heron"))
	all := map[string]*session.Keys{"none": plain, "first": first, "second": second, "none again": plain.With(nil)}
	user, _ := name.ParseUser("Ann")
	now := time.Now()
	for signer, keys := range all {
		r, _ := http.NewRequest(http.MethodGet, "http://chatter.test/", nil)
		r.AddCookie(keys.Cookie(session.New(user), now, overHTTP))
		for reader, others := range all {
			_, err := others.FromRequest(r, now, overHTTP)
			if want := strings.TrimSuffix(signer, " again") == strings.TrimSuffix(reader, " again"); (err == nil) != want {
				t.Errorf("signed with %s, read with %s: error %v", signer, reader, err)
			}
		}
	}
	if string(first.Derive("x")) != string(plain.Derive("x")) {
		t.Error("a phrase changes derived keys")
	}
}

func TestLoadPhrase_NamesTheFileAndNeverThePhrase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "phrase")
	for _, test := range []struct {
		mode    os.FileMode
		content string
		problem string
	}{
		{0o640, "blue heron\n", ""},
		{0o644, "blue heron\n", "chmod g-w,o="},
		{0o640, "heron\n", path},
	} {
		os.Remove(path)
		if err := os.WriteFile(path, []byte(test.content), test.mode); err != nil {
			t.Fatal(err)
		}
		_, err := session.LoadPhrase(path)
		if (err == nil) != (test.problem == "") || err != nil && (!strings.Contains(err.Error(), test.problem) || strings.Contains(err.Error(), "heron")) {
			t.Errorf("mode %o, %q: error %v, want %q", test.mode, test.content, err, test.problem)
		}
	}
}

func phrase(t *testing.T, text string) *session.Phrase {
	t.Helper()
	p, err := session.ParsePhrase([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
