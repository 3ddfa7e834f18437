package web

import (
	"path"
	"regexp"
)

// importing is an import in a script without comments.
var importing = regexp.MustCompile(`\b(?:from|import)\s*["'](\./[^"']+)["']`)

// modules are the paths of all modules that a page's script needs beside itself, in
// one language, so that the page can name them: else a browser would find each only
// after the one that imports it.
func (a *assets) modules(entry string, t *texts) []string {
	if entry == "" {
		return nil
	}
	return a.needs[entry+t.Lang]
}

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

// findNeeds does so once for the pages' scripts, which lie in js/ and are named by
// the pages without their ending.
func (a *assets) findNeeds(all []*texts) {
	a.needs = make(map[string][]string)
	for name := range a.files {
		dir, file := path.Split(name)
		entry := file[:len(file)-len(path.Ext(file))]
		if dir != "js/" {
			continue
		}
		found := a.follow(name, nil, map[string]bool{name: true})
		for _, t := range all {
			a.needs[entry+t.Lang] = append(found[:len(found):len(found)], t.modulePath())
		}
	}
}
