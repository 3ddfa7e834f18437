package assets

import (
	"bytes"
	"path"
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
	for part, whole := range map[string]string{"css/tokens.css": "css/site.css", "css/log.css": "css/room.css", "css/recent.css": "css/index.css"} {
		if !bytes.Contains(a.files[whole].Content, a.files[part].Content) {
			t.Errorf("%s is not in %s", part, whole)
		}
	}
	if _, err := newAssets(fstest.MapFS{"static/a.css": {Data: []byte("@import \"b.css\";")}}, nil); err == nil {
		t.Error("a style that is not there is imported")
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
