package assets

import (
	"errors"
	"io/fs"
	"path"
	"sync"

	"github.com/evanw/esbuild/pkg/api"
)

// entries are the scripts that pages load.
var entries = []string{"door", "index", "room"}

// shared is the module that a page has once. The modules that are loaded later import it, too,
// so it is part of no bundle.
const shared = "./texts.js"

// oldest are the browsers that the bundles must run in.
var oldest = []api.Engine{
	{Name: api.EngineChrome, Version: "108"}, {Name: api.EngineFirefox, Version: "102"}, {Name: api.EngineSafari, Version: "15.4"},
}

// bundle joins a module with all that it imports, except for shared and what it loads later:
// each request of a first visit has headers as large as a small module. parts are the names of
// the files in it.
func bundle(files fs.FS, entry string) (script []byte, parts []string, err error) {
	name := func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		if args.Kind == api.ResolveJSDynamicImport || args.Path == shared {
			return api.OnResolveResult{Path: args.Path, External: true}, nil
		}
		return api.OnResolveResult{Path: path.Join(path.Dir(args.Importer), args.Path), Namespace: "embedded"}, nil
	}
	var mu sync.Mutex // esbuild loads files side by side
	load := func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		content, err := fs.ReadFile(files, args.Path)
		text := string(content)
		mu.Lock()
		defer mu.Unlock()
		parts = append(parts, args.Path)
		return api.OnLoadResult{Contents: &text}, err
	}
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{entry}, Bundle: true, Format: api.FormatESModule, Engines: oldest, Charset: api.CharsetUTF8,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, LegalComments: api.LegalCommentsNone,
		Plugins: []api.Plugin{{Name: "embedded", Setup: func(b api.PluginBuild) {
			b.OnResolve(api.OnResolveOptions{Filter: ".*"}, name)
			b.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "embedded"}, load)
		}}},
	})
	for _, m := range append(result.Errors, result.Warnings...) {
		err = errors.Join(err, errors.New(m.Text))
	}
	if err != nil {
		return nil, nil, err
	}
	return result.OutputFiles[0].Contents, parts, nil
}

// bundleAll bundles the entries that are there. parts are the files that are in a bundle and
// nowhere else.
func bundleAll(files fs.FS) (bundled map[string][]byte, parts map[string]bool, err error) {
	bundled, parts = make(map[string][]byte), make(map[string]bool)
	for _, entry := range entries {
		name := "static/js/" + entry + ".js"
		if _, err := fs.Stat(files, name); errors.Is(err, fs.ErrNotExist) {
			continue // in a test's tree
		}
		script, inside, err := bundle(files, name)
		if err != nil {
			return nil, nil, err
		}
		bundled[name] = script
		for _, part := range inside {
			parts[part] = true
		}
	}
	for name := range bundled {
		delete(parts, name)
	}
	return bundled, parts, nil
}
