package assets

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/svg"
)

func newMinifier() *minify.M {
	m := minify.New()
	m.AddFunc(".css", css.Minify)
	m.AddFunc(".js", minifyScript)
	m.AddFunc(".svg", svg.Minify)
	return m
}

// minifyScript also writes the script in the syntax of the oldest browsers.
func minifyScript(_ *minify.M, w io.Writer, r io.Reader, _ map[string]string) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	result := api.Transform(string(content), api.TransformOptions{
		Engines: oldest, Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
	})
	for _, m := range append(result.Errors, result.Warnings...) {
		err = errors.Join(err, errors.New(m.Text))
	}
	if err == nil {
		_, err = w.Write(result.Code)
	}
	return err
}

// importLine is an import as this site's styles write it: on a line of its own.
var importLine = regexp.MustCompile(`(?m)^@import "([^"/]+\.css)";$`)

// joinStyles replaces each import of a style by the imported file. Otherwise a browser
// requests a file only after it has read the one that imports it.
func joinStyles(files fs.FS, name string, content []byte) (joined []byte, err error) {
	joined = importLine.ReplaceAllFunc(content, func(line []byte) []byte {
		imported := path.Join(path.Dir(name), string(importLine.FindSubmatch(line)[1]))
		part, failed := fs.ReadFile(files, imported)
		if failed != nil {
			err = failed
		}
		return part
	})
	return expandThemes(joined), err
}

// themed is a colour as tokens.css writes it, for light and for dark.
var themed = regexp.MustCompile(`(?m)^(\s*--[\w-]+): light-dark\((.+), (.+)\);`)

// expandThemes replaces light-dark(), which browsers have had since 2024, by the light colour,
// and appends the dark ones: for the system's choice and for the guest's (theme.js).
func expandThemes(style []byte) []byte {
	var dark bytes.Buffer
	for _, m := range themed.FindAllSubmatch(style, -1) {
		fmt.Fprintf(&dark, "%s:%s;", m[1], m[3])
	}
	if dark.Len() == 0 {
		return style
	}
	return fmt.Appendf(themed.ReplaceAll(style, []byte("$1: $2;")),
		"@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) {%s} }\n[data-theme=dark] {%s}\n", dark.Bytes(), dark.Bytes())
}
