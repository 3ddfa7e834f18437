package web

import (
	"encoding/json"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template/parse"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"golang.org/x/text/feature/plural"
)

func allTexts(t *testing.T) []*texts {
	t.Helper()
	all, err := newTexts(embedded)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

func TestTexts_EveryLanguageSaysTheSameThings(t *testing.T) {
	all := allTexts(t)
	if len(all) < 2 {
		t.Fatal("there is but one language")
	}
	want := all[0]
	for _, other := range all[1:] {
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want.words)), slices.Sorted(maps.Keys(other.words))); diff != "" {
			t.Errorf("keys of %s (-) and %s (+):\n%s", want.Lang, other.Lang, diff)
		}
		if diff := cmp.Diff(keysOf(t, want.scripts), keysOf(t, other.scripts)); diff != "" {
			t.Errorf("keys of the scripts, %s (-) and %s (+):\n%s", want.Lang, other.Lang, diff)
		}
		for key, forms := range other.words {
			for form, text := range forms {
				in := want.words[key][plural.Other]
				if diff := cmp.Diff(places(in), places(text)); diff != "" {
					t.Errorf("%s, %s (%v): the places differ from those of %q:\n%s", other.Lang, key, form, in, diff)
				}
			}
			if counts, also := len(want.words[key]) > 1, len(forms) > 1; counts != also {
				t.Errorf("%s, %s: counts in one of the languages only", other.Lang, key)
			}
			if strings.TrimSpace(forms[plural.Other]) == "" {
				t.Errorf("%s, %s is empty", other.Lang, key)
			}
		}
	}
}

func keysOf(t *testing.T, scripts json.RawMessage) []string {
	t.Helper()
	var words map[string]any
	if err := json.Unmarshal(scripts, &words); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(words))
}

// places are the placeholders in a text, each once.
func places(text string) []string {
	found := placeholder.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// The parse tree of each template, by its name.
func trees(t *testing.T) map[string]*parse.Tree {
	t.Helper()
	files, err := fs.Glob(embedded, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]*parse.Tree)
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		tmpl, err := parseTemplate(embedded, allTexts(t)[0], name)
		if err != nil {
			t.Fatal(err)
		}
		for _, defined := range tmpl.Templates() {
			if defined.Tree != nil {
				all[name+" "+defined.Name()] = defined.Tree
			}
		}
	}
	return all
}

// inside calls f for every node of a template.
func inside(n parse.Node, f func(parse.Node)) {
	f(n)
	branch := func(b parse.BranchNode) {
		inside(b.Pipe, f)
		inside(b.List, f)
		if b.ElseList != nil {
			inside(b.ElseList, f)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			inside(child, f)
		}
	case *parse.ActionNode:
		inside(n.Pipe, f)
	case *parse.PipeNode:
		for _, command := range n.Cmds {
			inside(command, f)
		}
	case *parse.CommandNode:
		for _, arg := range n.Args {
			inside(arg, f)
		}
	case *parse.IfNode:
		branch(n.BranchNode)
	case *parse.RangeNode:
		branch(n.BranchNode)
	case *parse.WithNode:
		branch(n.BranchNode)
	}
}

// What a guest may read or hear of a page beside the text between its elements.
var spoken = []string{"alt", "title", "aria-label", "aria-description", "aria-roledescription", "placeholder", "label"}

// wordsIn returns the words of a template that do not come from the texts.
func wordsIn(source string) []string {
	var found []string
	note := func(s string) {
		if s = strings.TrimSpace(s); strings.ContainsFunc(s, unicode.IsLetter) {
			found = append(found, s)
		}
	}
	// What is in a noscript element would be one text to the tokenizer.
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

func TestTexts_NoTemplateHoldsWordsOfItsOwn(t *testing.T) {
	for name, tree := range trees(t) {
		if strings.HasSuffix(name, " kind") {
			continue // a class
		}
		var b strings.Builder
		inside(tree.Root, func(n parse.Node) {
			switch n := n.(type) {
			case *parse.TextNode:
				b.Write(n.Text)
			case *parse.ActionNode:
				b.WriteString("0") // something, but no word
			}
		})
		if words := wordsIn(b.String()); len(words) > 0 {
			t.Errorf("%s: %q", name, words)
		}
	}
	if got := wordsIn(`<p title="a0">b <i alt=c>0</i><meta name=description content="d"><meta name=viewport content=e> &amp;`); !slices.Equal(got, []string{"a0", "b", "c", "d"}) {
		t.Errorf("finds %q", got)
	}
}

// Quoted, or begun as in `room.state.${name}` and "error." + …
var named = regexp.MustCompile("[\"'`]([a-z_]+(?:\\.[a-z0-9_]+)*\\.?)(?:[\"'`]|\\$\\{)")

func TestTexts_EveryKeyIsThereAndNoneIsLeftOver(t *testing.T) {
	known := allTexts(t)[0].words
	for name, tree := range trees(t) {
		inside(tree.Root, func(n parse.Node) {
			call, ok := n.(*parse.CommandNode)
			if !ok || len(call.Args) < 2 {
				return
			}
			function, ok := call.Args[0].(*parse.IdentifierNode)
			if !ok || function.Ident != "say" && function.Ident != "named" {
				return
			}
			if key, ok := call.Args[1].(*parse.StringNode); ok && known[key.Text] == nil {
				t.Errorf("%s: there is no text %q", name, key.Text)
			}
		})
	}

	var sources strings.Builder
	for _, pattern := range []string{"*.go", "templates/*.html", "static/js/*.js"} {
		files, err := fs.Glob(os.DirFS("."), pattern)
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
			for _, m := range regexp.MustCompile(`\b(?:say|has)\('([^']+)'`).FindAllSubmatch(content, -1) {
				if known[string(m[1])] == nil {
					t.Errorf("%s: there is no text %q", file, m[1])
				}
			}
		}
	}
	used := make(map[string]bool)
	for _, m := range named.FindAllStringSubmatch(sources.String(), -1) {
		used[m[1]] = true
	}
	for key := range known {
		begun := false
		for i, r := range key {
			begun = begun || r == '.' && used[key[:i+1]]
		}
		if !used[key] && !begun && !used[strings.TrimSuffix(key, ".detail")] {
			t.Errorf("nobody says %q", key)
		}
	}
}

func TestTexts_EveryFailureHasWords(t *testing.T) {
	for _, texts := range allTexts(t) {
		for _, f := range append(slices.Collect(maps.Values(failures)), tooSlow) {
			if texts.words[f.words] == nil || texts.words[f.words+".detail"] == nil {
				t.Errorf("%s: nothing is said of %q", texts.Lang, f.words)
			}
		}
	}
}

func TestTexts_Say(t *testing.T) {
	all := allTexts(t)
	en, de := all[0], all[slices.IndexFunc(all, func(t *texts) bool { return t.Lang == "de" })]
	for _, tt := range []struct{ got, want string }{
		{en.say("ago.minutes", "n", 1), "1 minute ago"},
		{en.say("say.too_long", "n", 2000, "kib", 8), "Your message is too long: at most 2,000 characters (8 KiB), please."},
		{de.say("say.too_long", "n", 2000, "kib", 8), "Deine Nachricht ist zu lang: bitte höchstens 2.000 Zeichen (8 KiB)."},
		{string(en.named("index.heading", `<a> {n}`)), "Welcome, <bdi>&lt;a&gt; {n}</bdi>"},
		{en.say("none"), "none"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestAgo_SaysWhatThePagesScriptSays(t *testing.T) {
	content, err := os.ReadFile("testdata/ago.json")
	if err != nil {
		t.Fatal(err)
	}
	var lines []map[string]any
	if err := json.Unmarshal(content, &lines); err != nil || len(lines) == 0 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	for _, texts := range allTexts(t) {
		for _, line := range lines {
			d := time.Duration(line["seconds"].(float64)) * time.Second
			if got := texts.ago(d); got != line[texts.Lang] {
				t.Errorf("%s, %v: %q, want %q", texts.Lang, d, got, line[texts.Lang])
			}
		}
	}
}

func TestLanguage_IsTheGuestsChoice(t *testing.T) {
	site := newSite(t)
	for _, tt := range []struct{ accept, want string }{
		{"", "en"},
		{"de", "de"},
		{"de-AT,en;q=0.5", "de"},
		{"en-GB,de;q=0.9", "en"},
		{"fr;q=0.9,de;q=0.8,en;q=0.7", "de"},
		{"tlh", "en"},
		{"*", "en"},
		{"de;q=0", "en"},
		{"%%%", "en"},
		{strings.Repeat("a-", 4000), "en"},
	} {
		b := site.guest("Ann")
		for _, address := range []string{"/", "/index/", "/chat/x/", "/nothing"} {
			a := b.get(address, "Accept-Language", tt.accept)
			doc := a.wantPage(a.StatusCode)
			lang, _ := doc.Find("html").Attr("lang")
			dir, _ := doc.Find("html").Attr("dir")
			if lang != tt.want || dir != "ltr" {
				t.Errorf("%s for %q: lang %q, dir %q", address, tt.accept, lang, dir)
			}
			if got := a.Header.Values("Vary"); !slices.Contains(got, "Accept-Language") {
				t.Errorf("%s: Vary %q", address, got)
			}
			// A page that has scripts of its own has its words before them.
			scripts := doc.Find("script[type=module]")
			first, _ := scripts.First().Attr("src")
			if scripts.Length() > 0 && (scripts.Length() != 2 || !strings.HasSuffix(first, "js/words-"+tt.want+".js")) {
				t.Errorf("%s for %q: %d scripts, the first is %q", address, tt.accept, scripts.Length(), first)
			}
		}
	}
	doc := site.browser().get("/?next=/chat/x/", "Accept-Language", "de").wantPage(http.StatusOK)
	if got := text(doc, "h1"); got != "Wer bist du, ungefähr?" {
		t.Errorf("heading %q", got)
	}
}

// A browser must not have to read a module to learn of the next one.
func TestModules_AreAllNamedByThePage(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	for _, address := range []string{"/index/", "/chat/x/"} {
		doc := b.get(address).wantPage(http.StatusOK)
		named := make(map[string]bool)
		for _, n := range doc.Find("link[rel=modulepreload], script[type=module]").Nodes {
			for _, a := range n.Attr {
				if a.Key == "href" || a.Key == "src" {
					named[a.Val] = true
				}
			}
		}
		if len(named) < 5 {
			t.Errorf("%s names %d modules", address, len(named))
		}
		for module := range named {
			source := b.get(module).want(http.StatusOK).body
			for _, m := range regexp.MustCompile(`(?:from|import)\s*['"]\./([^'"]+)['"]`).FindAllStringSubmatch(source, -1) {
				if !named[path.Dir(module)+"/"+m[1]] {
					t.Errorf("%s: %s imports %s, which the page does not name", address, module, m[1])
				}
			}
		}
	}
}
