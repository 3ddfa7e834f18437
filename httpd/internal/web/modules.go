package web

import (
	"fmt"
	"html/template"
	"path"
	"regexp"
	"slices"
	"strings"
)

// importing is an import in a script without comments.
var importing = regexp.MustCompile(`\b(?:from|import)\s*["'](\./[^"']+)["']`)

// beginnings are the scripts that pages load by themselves.
var beginnings = []string{"door", "index", "room"}

// scripts are the elements that load a page's script, after its words in one language, and
// name all modules that it needs: else a browser would find each only after the one that
// imports it.
func (a *assets) scripts(entry string, t *texts) template.HTML { return a.entries[entry+" "+t.Lang] }

// follow finds what a script imports, and what that imports.
func (a *assets) follow(name string, found []string, seen map[string]bool) []string {
	for _, m := range importing.FindAllSubmatch(a.files[name].plain, -1) {
		imported := path.Join(path.Dir(name), string(m[1]))
		if seen[imported] {
			continue
		}
		seen[imported] = true
		found = a.follow(imported, append(found, imported), seen)
	}
	return found
}

// nameScripts writes those elements once, for every script that a page might have.
// Their addresses are of letters, digits and dashes alone.
func (a *assets) nameScripts(all []*texts) {
	a.entries, a.eager = make(map[string]template.HTML), make(map[string]bool)
	for name := range a.files {
		entry, isModule := strings.CutPrefix(strings.TrimSuffix(name, ".js"), "js/")
		if !isModule {
			continue
		}
		found := a.follow(name, nil, map[string]bool{name: true})
		if slices.Contains(beginnings, entry) {
			for _, module := range append(found, name) {
				a.eager[module] = true
			}
		}
		for _, t := range all {
			a.eager[t.modulePath()] = true
			var b strings.Builder
			for _, script := range []string{t.modulePath(), name} {
				fmt.Fprintf(&b, `<script type="module" src="%s/%s"></script>`+"\n", a.base, script)
			}
			for _, needed := range found {
				fmt.Fprintf(&b, `<link rel="modulepreload" href="%s/%s">`+"\n", a.base, needed)
			}
			a.entries[entry+" "+t.Lang] = template.HTML(b.String())
		}
	}
}
