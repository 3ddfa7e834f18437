package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"github.com/tdewolff/minify/v2"
)

// assets is the tree of embedded files as it goes over the network. Its address
// holds a digest of the whole tree, so that browsers may keep the files for
// ever and still never mix two versions: the modules import each other by
// relative addresses, which stay below the digest.
type assets struct {
	digest  string
	base    string                   // "/static/DIGEST"
	files   map[string]asset         // by the path below base, without a slash in front
	entries map[string]template.HTML // see scripts
	eager   map[string]bool          // the modules that pages begin with
}

type asset struct {
	contentType string
	plain       []byte
	compressed
}

// contentTypes are those of the files that there are. The table of package mime
// would depend on the machine. Styles and scripts are read as the page is, in UTF-8.
var contentTypes = map[string]string{
	".css":  "text/css",
	".js":   "text/javascript",
	".json": "application/json",
	".svg":  "image/svg+xml",
	".png":  "image/png",
}

// newAssets reads every file below dir, adds the scripts' words in each language,
// and makes all of it as small as it gets, once.
func newAssets(fsys fs.FS, dir string, all []*texts) (*assets, error) {
	a := &assets{files: make(map[string]asset)}
	shrink := newMinifier()
	tree := sha256.New()
	add := func(below string, content []byte) error {
		contentType, ok := contentTypes[path.Ext(below)]
		if !ok {
			return fmt.Errorf("%s: no content type is known for it", below)
		}
		content, err := shrink.Bytes(path.Ext(below), content)
		if err != nil && !errors.Is(err, minify.ErrNotExist) {
			return fmt.Errorf("%s: %w", below, err)
		}
		// The lengths keep "a"+"bc" and "ab"+"c" apart.
		fmt.Fprintf(tree, "%d %s %d ", len(below), below, len(content))
		tree.Write(content)
		smaller, err := compress(content)
		if err != nil {
			return fmt.Errorf("%s: %w", below, err)
		}
		a.files[below] = asset{contentType: contentType, plain: content, compressed: smaller}
		return nil
	}
	// WalkDir goes in lexical order.
	err := fs.WalkDir(fsys, dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(fsys, name)
		if err == nil && path.Ext(name) == ".css" {
			content, err = joinStyles(fsys, name, content)
		}
		if err != nil {
			return err
		}
		return add(strings.TrimPrefix(name, dir+"/"), content)
	})
	for _, t := range all {
		if err == nil {
			err = add(t.modulePath(), t.module())
		}
	}
	if err != nil {
		return nil, err
	}
	// 64 bits: versions meet by chance once in billions, and nobody can choose them.
	a.digest = hex.EncodeToString(tree.Sum(nil)[:8])
	a.base = "/static/" + a.digest
	a.nameScripts(all)
	return a, nil
}
