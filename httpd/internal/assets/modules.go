package assets

import (
	"fmt"
	"html/template"
	"path"
	"regexp"
	"slices"
	"strings"

	"chatter/httpd/internal/text"
)

// importing matches an import in a script without comments.
var importing = regexp.MustCompile(`\b(?:from|import)\s*["'](\./[^"']+)["']`)

// Scripts returns the elements that load a page's script, after the texts of a language.
// They also name the module that both import: otherwise a browser finds it only after one of
// them. The entry "" has no script.
func (a *Assets) Scripts(entry string, l *text.Language) template.HTML {
	return a.scripts[entry+" "+l.Lang]
}

// Eager reports whether a file is loaded together with a page, and not later.
func (a *Assets) Eager(name string) bool { return a.eager[name] }

// imports appends to found all modules that a module imports, directly or not.
func (a *Assets) imports(name string, found []string) []string {
	for _, m := range importing.FindAllSubmatch(a.files[name].Content, -1) {
		imported := path.Join(path.Dir(name), string(m[1]))
		if _, ok := a.files[imported]; ok && !slices.Contains(found, imported) {
			found = a.imports(imported, append(found, imported))
		}
	}
	return found
}

// linkScripts makes what Scripts returns. The addresses consist of letters, digits,
// dashes and slashes, so they need no escaping.
func (a *Assets) linkScripts(languages []*text.Language) {
	a.scripts, a.eager = make(map[string]template.HTML), make(map[string]bool)
	for _, entry := range entries {
		name := "js/" + entry + ".js"
		if _, ok := a.files[name]; !ok {
			continue // in a test's tree
		}
		imported := a.imports(name, nil)
		for _, module := range append(imported, name) {
			a.eager[module] = true
		}
		for _, l := range languages {
			a.eager[l.ScriptPath()] = true
			var b strings.Builder
			for _, script := range []string{l.ScriptPath(), name} {
				fmt.Fprintf(&b, `<script type="module" src="%s/%s"></script>`+"\n", a.Base, script)
			}
			for _, module := range imported {
				fmt.Fprintf(&b, `<link rel="modulepreload" href="%s/%s">`+"\n", a.Base, module)
			}
			a.scripts[entry+" "+l.Lang] = template.HTML(b.String())
		}
	}
}
