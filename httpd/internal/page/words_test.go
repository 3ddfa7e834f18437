package page

import (
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"
)

// keys are the keys of all texts.
func keys(t *testing.T) map[string]bool {
	t.Helper()
	content, err := os.ReadFile("../text/languages/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Pages, Scripts map[string]any }
	if err := json.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]bool)
	for _, part := range []map[string]any{file.Pages, file.Scripts} {
		for key := range part {
			all[key] = true
		}
	}
	return all
}

// templateSources are the sources of all templates, by file name.
func templateSources(t *testing.T) map[string]string {
	t.Helper()
	files, err := fs.Glob(embedded, "templates/*.html")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d templates, %v", len(files), err)
	}
	all := make(map[string]string)
	for _, file := range files {
		content, err := fs.ReadFile(embedded, file)
		if err != nil {
			t.Fatal(err)
		}
		all[path.Base(file)] = string(content)
	}
	return all
}

// spoken are attributes that a guest reads or hears.
var spoken = []string{"alt", "title", "aria-label", "aria-description", "aria-roledescription", "placeholder", "label"}

// wordsIn returns the words of a template that do not come from the texts.
func wordsIn(source string) []string {
	var found []string
	note := func(s string) {
		if s = strings.TrimSpace(s); strings.ContainsFunc(s, unicode.IsLetter) {
			found = append(found, s)
		}
	}
	// The tokenizer takes the content of a noscript element for one text.
	source = strings.NewReplacer("<noscript>", "", "</noscript>", "").Replace(source)
	for z := html.NewTokenizer(strings.NewReader(source)); z.Next() != html.ErrorToken; {
		token := z.Token()
		if token.Type == html.TextToken {
			note(token.Data)
		}
		var described bool
		for _, a := range token.Attr {
			described = described || a.Key == "name" && (a.Val == "description" || strings.HasSuffix(a.Val, "title"))
		}
		for _, a := range token.Attr {
			if slices.Contains(spoken, a.Key) || described && a.Key == "content" {
				note(a.Val)
			}
		}
	}
	return found
}

var (
	class   = regexp.MustCompile(`{{(?:define|block) "kind"[^}]*}}[a-z ]+{{end}}`)
	comment = regexp.MustCompile(`(?s){{-? ?/\*.*?\*/ ?-?}}`)
	action  = regexp.MustCompile(`{{.*?}}|\[\[.*?\]\]`)
)

func TestTemplates_HaveNoWordsOfTheirOwn(t *testing.T) {
	for name, source := range templateSources(t) {
		source = comment.ReplaceAllString(class.ReplaceAllString(source, ""), "")
		source = action.ReplaceAllString(source, "0") // stands for a value
		if words := wordsIn(source); len(words) > 0 {
			t.Errorf("%s: %q", name, words)
		}
	}
	if got := wordsIn(`<p title="a0">b <i alt=c>0</i><meta name=description content="d"><meta name=viewport content=e> &amp;`); !slices.Equal(got, []string{"a0", "b", "c", "d"}) {
		t.Errorf("finds %q", got)
	}
}

// quotedKey is a whole key, or the begin of one as in `room.state.${name}` and "error." + …
var quotedKey = regexp.MustCompile("[\"'`]([a-z_]+(?:\\.[a-z0-9_]+)*\\.?)(?:[\"'`]|\\$\\{)")

func TestTexts_AllKeysExistAndAreUsed(t *testing.T) {
	known := keys(t)
	said := regexp.MustCompile(`\btext(?:WithName)? "([^"]+)"`)
	for name, source := range templateSources(t) {
		for _, m := range said.FindAllStringSubmatch(source, -1) {
			if !known[m[1]] {
				t.Errorf("%s: there is no text %q", name, m[1])
			}
		}
	}

	var sources strings.Builder
	for _, pattern := range []string{"../*/*.go", "templates/*.html", "../assets/static/js/*.js"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(file, "_test.go") {
				sources.Write(content)
			}
			if path.Ext(file) != ".js" {
				continue
			}
			for _, m := range regexp.MustCompile(`\btexts\.(?:get|has)\('([^']+)'`).FindAllSubmatch(content, -1) {
				if !known[string(m[1])] {
					t.Errorf("%s: there is no text %q", file, m[1])
				}
			}
		}
	}
	used := make(map[string]bool)
	for _, m := range quotedKey.FindAllStringSubmatch(sources.String(), -1) {
		used[m[1]] = true
	}
	for key := range known {
		begun := false
		for i, r := range key {
			begun = begun || r == '.' && used[key[:i+1]]
		}
		if !used[key] && !begun && !used[strings.TrimSuffix(key, ".detail")] {
			t.Errorf("%q is not used", key)
		}
	}
}
