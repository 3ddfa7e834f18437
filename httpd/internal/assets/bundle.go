package assets

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"
)

// shared is the module that a page has once. The modules that are loaded later import it, too,
// so it is part of no bundle.
const shared = "js/texts.js"

// oldest are the browsers that scripts and styles must run in.
var oldest = []api.Engine{
	{Name: api.EngineChrome, Version: "108"}, {Name: api.EngineFirefox, Version: "102"}, {Name: api.EngineSafari, Version: "15.4"},
}

// bundle joins each script and style with all that it imports, and minifies it: each request
// of a first visit has headers as large as a small module. A file that another one imports is
// part of that one and removed from sources. What a script imports later, and shared, stays a
// file.
func bundle(sources map[string][]byte) error {
	options := api.BuildOptions{
		Outdir: "/", Bundle: true, Format: api.FormatESModule, Engines: oldest, Charset: api.CharsetUTF8,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, LegalComments: api.LegalCommentsNone,
	}
	// Sorted, so that all processes of one version make the same files.
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		if extension := path.Ext(name); extension == ".js" || extension == ".css" {
			options.EntryPointsAdvanced = append(options.EntryPointsAdvanced, api.EntryPoint{
				InputPath: name, OutputPath: strings.TrimSuffix(name, extension),
			})
		}
	}
	var mu sync.Mutex // esbuild resolves imports side by side
	parts := make(map[string]bool)
	resolve := func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		name := path.Join(path.Dir(args.Importer), args.Path)
		switch args.Kind {
		case api.ResolveEntryPoint:
			name = args.Path
		case api.ResolveJSDynamicImport:
			return api.OnResolveResult{Path: args.Path, External: true}, nil
		default:
			if name == shared {
				return api.OnResolveResult{Path: args.Path, External: true}, nil
			}
			mu.Lock()
			defer mu.Unlock()
			parts[name] = true
		}
		return api.OnResolveResult{Path: name, Namespace: "sources"}, nil
	}
	load := func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		content, ok := sources[args.Path]
		if !ok {
			return api.OnLoadResult{}, errors.New("no such file")
		}
		if path.Ext(args.Path) == ".css" {
			content = expandThemes(content)
		}
		text := string(content)
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderDefault}, nil
	}
	options.Plugins = []api.Plugin{{Name: "sources", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: ".*"}, resolve)
		b.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "sources"}, load)
	}}}
	result := api.Build(options)
	var err error
	for _, m := range append(result.Errors, result.Warnings...) {
		err = errors.Join(err, errors.New(m.Text))
	}
	if err != nil {
		return err
	}
	for _, file := range result.OutputFiles {
		sources[strings.TrimPrefix(file.Path, "/")] = file.Contents
	}
	for name := range parts {
		delete(sources, name)
	}
	return nil
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
