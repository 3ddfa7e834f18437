// Package assets has the static files as they go over the network: bundled, minified,
// compressed, under an address with a digest.
package assets

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"chatter/httpd/internal/text"
)

//go:embed static
var embedded embed.FS

// Assets is the tree of static files. Its address holds a digest of the whole tree:
// browsers may keep a file for ever and never mix two versions, because modules import
// each other by relative addresses, which stay below the digest. It is read-only.
type Assets struct {
	Digest string
	Base   string // "/static/DIGEST"

	files map[string]*File // by the path below Base, without a leading slash
	eager map[string]bool  // see Eager
}

// contentTypes are those of the embedded files: the table of package mime depends on the
// machine. Styles and scripts are read in the encoding of the page, UTF-8.
var contentTypes = map[string]string{
	".css":  "text/css",
	".js":   "text/javascript",
	".json": "application/json",
	".svg":  "image/svg+xml",
	".png":  "image/png",
}

// Load prepares the embedded files, and a script with the texts of each language.
func Load(languages []*text.Language) (*Assets, error) { return newAssets(embedded, languages) }

func newAssets(files fs.FS, languages []*text.Language) (*Assets, error) {
	a := &Assets{files: make(map[string]*File), eager: map[string]bool{shared: true}}
	sources, err := read(files)
	if err != nil {
		return nil, err
	}
	for _, l := range languages {
		sources[l.ScriptPath()] = l.Script()
		a.eager[l.ScriptPath()] = true
	}
	for _, page := range pages {
		a.eager[scriptOf(page)] = true
	}
	if err := bundle(sources); err != nil {
		return nil, err
	}
	tree := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		content := sources[name]
		contentType, ok := contentTypes[path.Ext(name)]
		if !ok {
			return nil, fmt.Errorf("%s: unknown content type", name)
		}
		// The lengths distinguish "a"+"bc" from "ab"+"c".
		fmt.Fprintf(tree, "%d %s %d %s", len(name), name, len(content), content)
		a.files[name] = &File{ContentType: contentType, Content: content}
		if err := a.files[name].compress(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	// 64 bits: nobody can choose the digest, and two versions share one by chance once in
	// billions.
	a.Digest = hex.EncodeToString(tree.Sum(nil)[:8])
	a.Base = "/static/" + a.Digest
	return a, nil
}

// read returns the files below static, by their path there.
func read(files fs.FS) (map[string][]byte, error) {
	all := make(map[string][]byte)
	err := fs.WalkDir(files, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		all[strings.TrimPrefix(name, "static/")], err = fs.ReadFile(files, name)
		return err
	})
	return all, err
}

// File returns a file by its path below Base.
func (a *Assets) File(name string) (file *File, ok bool) {
	file, ok = a.files[name]
	return file, ok
}

// pages are the kinds of pages that have a script.
var pages = []string{"door", "index", "room"}

func scriptOf(page string) string { return "js/" + page + ".js" }

// Scripts returns the elements that load the script of a kind of pages, after the texts of a
// language. They also name the module that both import: otherwise a browser finds it only
// after one of them. The kind "" has no script. The addresses consist of letters, digits,
// dashes and slashes, so they need no escaping.
func (a *Assets) Scripts(page string, l *text.Language) template.HTML {
	if page == "" {
		return ""
	}
	return template.HTML(fmt.Sprintf(`<script type="module" src="%[1]s/%[2]s"></script>
<script type="module" src="%[1]s/%[3]s"></script>
<link rel="modulepreload" href="%[1]s/%[4]s">
`, a.Base, l.ScriptPath(), scriptOf(page), shared))
}

// Eager reports whether a file is a module that is loaded together with a page, and not later.
func (a *Assets) Eager(name string) bool { return a.eager[name] }
