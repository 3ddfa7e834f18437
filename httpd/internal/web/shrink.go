package web

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"path"
	"regexp"

	"github.com/andybalholm/brotli"
	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/js"
	"github.com/tdewolff/minify/v2/svg"
)

// newMinifier knows the kinds of files that people write with room to breathe.
func newMinifier() *minify.M {
	m := minify.New()
	m.AddFunc(".css", css.Minify)
	m.AddFunc(".js", js.Minify)
	m.AddFunc(".svg", svg.Minify)
	return m
}

// importLine is an import as this site's styles write it: on a line of its own.
var importLine = regexp.MustCompile(`(?m)^@import "([^"/]+\.css)";$`)

// joinStyles puts what a style imports in its place. Else a browser would ask for
// each file only after it has read the one that imports it.
func joinStyles(fsys fs.FS, name string, content []byte) (joined []byte, err error) {
	joined = importLine.ReplaceAllFunc(content, func(line []byte) []byte {
		imported := path.Join(path.Dir(name), string(importLine.FindSubmatch(line)[1]))
		part, failed := fs.ReadFile(fsys, imported)
		if failed != nil {
			err = failed
		}
		return part
	})
	return joined, err
}

// compressed is a content in the codings that a browser may ask for; nil = not worth it.
type compressed struct{ gzip, brotli []byte }

// compress is done when the service starts, and takes some tenths of a second, for a
// twentieth of the bytes of every first visit.
func compress(content []byte) (c compressed, err error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return compressed{}, fmt.Errorf("gzip: %w", err)
	}
	if b.Len() > len(content)*9/10 {
		return compressed{}, nil
	}
	c.gzip = b.Bytes()

	var br bytes.Buffer
	bw := brotli.NewWriterLevel(&br, brotli.BestCompression)
	if _, err = bw.Write(content); err == nil {
		err = bw.Close()
	}
	if err != nil {
		return compressed{}, fmt.Errorf("brotli: %w", err)
	}
	c.brotli = br.Bytes()
	return c, nil
}
