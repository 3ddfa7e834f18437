package assets

import (
	"bytes"
	"maps"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"chatter/httpd/internal/text"
)

func loadAssets(t *testing.T) *Assets {
	t.Helper()
	languages, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	a, err := Load(languages)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAssets_StylesAreJoined(t *testing.T) {
	a := loadAssets(t)
	for name, file := range a.files {
		if path.Ext(name) == ".css" && bytes.Contains(file.Content, []byte("@import")) {
			t.Errorf("%s still imports another", name)
		}
	}
	joined, err := newAssets(fstest.MapFS{
		"static/css/a.css": {Data: []byte("/* a */\n@import \"b.css\";\n.a { top: 0 }")}, "static/css/b.css": {Data: []byte(".b { top: 0 }")},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if file, ok := joined.File("css/a.css"); !ok || string(file.Content) != ".b{top:0}.a{top:0}\n" || len(joined.files) != 1 {
		t.Errorf("two styles become %v", joined.files)
	}
	if _, err := newAssets(fstest.MapFS{"static/a.css": {Data: []byte("@import \"b.css\";")}}, nil); err == nil {
		t.Error("a style that is not there is imported")
	}
}

// Older browsers ignore a colour that is written with light-dark().
func TestAssets_ColoursArePlain(t *testing.T) {
	a := loadAssets(t)
	style := string(a.files["css/site.css"].Content)
	if strings.Contains(style, "light-dark(") {
		t.Error("site.css has light-dark()")
	}
	for name, both := range tokens(t) {
		shown := strings.Count(style, "--"+name+":")
		if shown != 3 {
			t.Errorf("--%s (%s, %s) stands %d times in site.css, want for light, for the system's dark and for the guest's", name, both[0], both[1], shown)
		}
	}
	got := string(expandThemes([]byte(":root {\n  --a: light-dark(#fff, rgb(0 0 0 / 0.5));\n  --b: 1px;\n}\n")))
	want := ":root {\n  --a: #fff;\n  --b: 1px;\n}\n@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) {  --a:rgb(0 0 0 / 0.5);} }\n[data-theme=dark] {  --a:rgb(0 0 0 / 0.5);}\n"
	if got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestAssets_TheDigestCoversTheTree(t *testing.T) {
	digest := func(files fstest.MapFS) string {
		a, err := newAssets(files, nil)
		if err != nil {
			t.Fatal(err)
		}
		return a.Digest
	}
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte("f(" + s + ")")} }
	seen := map[string]int{}
	for i, files := range []fstest.MapFS{
		{"static/a.js": file("x")},
		{"static/a.js": file("y")},
		{"static/b.js": file("x")},
		{"static/a.js": file("x"), "static/b.js": file("")},
		{"static/js/a.js": file("x")},
	} {
		d := digest(files)
		if j, ok := seen[d]; ok {
			t.Errorf("trees %d and %d have one digest", i, j)
		}
		seen[d] = i
		if d != digest(files) {
			t.Error("one tree has two digests")
		}
	}
	if _, err := newAssets(fstest.MapFS{"static/a.exe": file("x")}, nil); err == nil {
		t.Error("a file of unknown type is served")
	}
}

// Two processes of one version must give a file the same address.
func TestBundle_IsTheSameEachTime(t *testing.T) {
	var first map[string][]byte
	for range 3 {
		sources, err := read(embedded)
		if err != nil {
			t.Fatal(err)
		}
		if err := bundle(sources); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = sources
		}
		if !maps.EqualFunc(first, sources, bytes.Equal) {
			t.Fatal("one tree has two bundles")
		}
	}
}
