package nginx_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"html/template"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chatter/nginx"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the error pages")

// catalog is what nginx has to say in a language, from one of httpd's texts.
type catalog struct {
	lang  string // the name of the file
	Dir   string
	Nginx map[string]string
}

func catalogs(t *testing.T) []catalog {
	t.Helper()
	names, err := filepath.Glob("../httpd/internal/text/languages/*.json")
	if err != nil || len(names) < 2 {
		t.Fatalf("%d catalogs, %v", len(names), err)
	}
	var all []catalog
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		c := catalog{lang: strings.TrimSuffix(filepath.Base(name), ".json")}
		if err := json.Unmarshal(content, &c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, c)
	}
	return all
}

// Each language of the site has all the error pages, with its words, made of one
// template. With -update they are written anew.
func TestPages_AreMadeOfTheTexts(t *testing.T) {
	tmpl, err := template.ParseFiles("errors.html.template")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, name := range nginx.Pages() {
		keys = append(keys, name+".title", name+".what", name+".then")
	}
	slices.Sort(keys)
	pages := make(map[string]string)
	for _, c := range catalogs(t) {
		if diff := cmp.Diff(keys, slices.Sorted(maps.Keys(c.Nginx))); diff != "" {
			t.Errorf("%s: texts (-want +got):\n%s", c.lang, diff)
		}
		for _, name := range nginx.Pages() {
			var b bytes.Buffer
			if err := tmpl.Execute(&b, map[string]any{
				"Lang": c.lang, "Dir": c.Dir,
				"Title": c.Nginx[name+".title"], "What": c.Nginx[name+".what"], "Then": c.Nginx[name+".then"],
				"Retries": name == nginx.Waiting || name == nginx.Limited,
				"Left":    name == nginx.TooLarge, // nobody is there, but a mask
			}); err != nil {
				t.Fatal(err)
			}
			pages[filepath.Join("errors", name+"."+c.lang+".html")] = b.String()
		}
	}
	if *update {
		if err := os.MkdirAll("errors", 0o755); err != nil {
			t.Fatal(err)
		}
		for file, page := range pages {
			if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	there, err := filepath.Glob("errors/*")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(pages)), there); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	for file, want := range pages {
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("%s is not what the texts and the template say (%v): run go generate chatter/nginx", file, err)
		}
	}
}

// http-level.conf names the languages; it would send others to a page that is not there,
// and never to one that it does not name.
func TestSite_KnowsEveryLanguage(t *testing.T) {
	var want []string
	for _, c := range catalogs(t) {
		want = append(want, c.lang)
		for field, value := range map[string]string{"Accept-Language": c.lang, "Cookie": "chatter=x; chatter-lang=" + c.lang} {
			if got := nginx.Language(http.Header{field: {value}}); got != c.lang {
				t.Errorf("with %s: %s the language is %q", field, value, got)
			}
		}
	}
	if diff := cmp.Diff(want, nginx.Languages()); diff != "" {
		t.Errorf("languages of the texts (-) and of the pages (+):\n%s", diff)
	}
}
