package assets

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"regexp"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/js"
	"github.com/tdewolff/minify/v2/svg"
)

func newMinifier() *minify.M {
	m := minify.New()
	m.AddFunc(".css", css.Minify)
	m.AddFunc(".js", js.Minify)
	m.AddFunc(".svg", svg.Minify)
	return m
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
