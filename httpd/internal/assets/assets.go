// Package assets is the static files, as they go over the network: minified, compressed,
// under an address with a digest. It also has the web application manifest.
package assets

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"chatter/httpd/internal/text"

	"github.com/tdewolff/minify/v2"
)

//go:embed static
var embedded embed.FS

// Assets is the tree of static files. Its address holds a digest of the whole tree:
// browsers may keep a file for ever and never mix two versions, because modules import
// each other by relative addresses, which stay below the digest. It is read-only.
type Assets struct {
	Digest string
	Base   string // "/static/DIGEST"

	files   map[string]*File         // by the path below Base, without a leading slash
	scripts map[string]template.HTML // see Scripts
	eager   map[string]bool          // see Eager
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
	a := &Assets{files: make(map[string]*File)}
	minifier := newMinifier()
	tree := sha256.New()
	bundled, parts, err := bundleAll(files)
	if err != nil {
		return nil, err
	}
	add := func(name string, content []byte) error {
		contentType, ok := contentTypes[path.Ext(name)]
		if !ok {
			return fmt.Errorf("%s: unknown content type", name)
		}
		content, err := minifier.Bytes(path.Ext(name), content)
		if err != nil && !errors.Is(err, minify.ErrNotExist) {
			return fmt.Errorf("%s: %w", name, err)
		}
		// The lengths distinguish "a"+"bc" from "ab"+"c".
		fmt.Fprintf(tree, "%d %s %d ", len(name), name, len(content))
		tree.Write(content)
		file := &File{ContentType: contentType, Content: content}
		a.files[name] = file
		if err := file.compress(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	// WalkDir goes in lexical order.
	err = fs.WalkDir(files, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || parts[name] {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if bundled[name] != nil {
			content = bundled[name]
		}
		if err == nil && path.Ext(name) == ".css" {
			content, err = joinStyles(files, name, content)
		}
		if err != nil {
			return err
		}
		return add(strings.TrimPrefix(name, "static/"), content)
	})
	for _, l := range languages {
		if err == nil {
			err = add(l.ScriptPath(), l.Script())
		}
	}
	if err != nil {
		return nil, err
	}
	// 64 bits: nobody can choose the digest, and two versions share one by chance once in
	// billions.
	a.Digest = hex.EncodeToString(tree.Sum(nil)[:8])
	a.Base = "/static/" + a.Digest
	a.linkScripts(languages)
	return a, nil
}

// File returns a file by its path below Base.
func (a *Assets) File(name string) (file *File, ok bool) {
	file, ok = a.files[name]
	return file, ok
}
