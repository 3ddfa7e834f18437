package house_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// pkg is what the import rules need to know of a package.
type pkg struct {
	ImportPath string
	Imports    []string // of what is built
	Deps       []string // Imports, and theirs, and so on
	// The imports of the tests. They may use packages that the product may not.
	TestImports, XTestImports []string
}

// rule forbids imports. A path ends in "/..." to mean everything below it too.
type rule struct {
	why    string
	from   []string // the packages that it binds
	except []string // among those
	deep   bool     // the imports of imports count too
	tests  bool     // tests are bound as well
	not    []string // must not be imported
	but    []string // among those
}

const ours = "chatter/..."

var rules = []rule{{
	why:  "the twins share Redis and the module shared, nothing else",
	from: []string{"chatter/httpd/..."}, tests: true, deep: true,
	not: []string{"chatter/wsd/..."},
}, {
	why:  "the twins share Redis and the module shared, nothing else",
	from: []string{"chatter/wsd/..."}, tests: true, deep: true,
	not: []string{"chatter/httpd/..."},
}, {
	why:  "a service is not to know what starts it or stands before it",
	from: []string{"chatter/httpd/...", "chatter/wsd/..."}, tests: true, deep: true,
	not: []string{"chatter/nginx/...", "chatter/supervisor/..."},
}, {
	why:  "shared stands below everything",
	from: []string{"chatter/shared/..."}, tests: true, deep: true,
	not: []string{ours}, but: []string{"chatter/shared/..."},
}, {
	why:  "the site's files need neither the services nor what they run on",
	from: []string{"chatter/nginx/..."}, tests: true, deep: true,
	not: []string{ours}, but: []string{"chatter/nginx/..."},
}, {
	why:    "only what keeps data in Redis knows its client",
	from:   []string{ours},
	except: []string{"chatter/shared/roomlog", "chatter/shared/recent", "chatter/shared/orders", "chatter/shared/mutes", "chatter/shared/retention", "chatter/shared/redisconn", "chatter/shared/redistest", "chatter/wsd/internal/follow", "chatter/httpd/internal/moderation"},
	not:    []string{"github.com/redis/go-redis/..."},
}, {
	why:  "redistest and hardentest are for tests",
	from: []string{ours}, deep: true, except: testSupport,
	not: testSupport,
}, {
	why:  "fixture is for tests",
	from: []string{ours}, deep: true, except: []string{"chatter/supervisor/test/fixture"},
	not: []string{"chatter/supervisor/test/fixture"},
}, {
	why:  "only socket, and a guest on the other side, know the WebSocket library",
	from: []string{ours}, except: []string{"chatter/wsd/internal/socket", "chatter/supervisor/lab/guest"},
	not: []string{"github.com/coder/websocket/..."},
}, {
	why:  "only web, and what its pages are measured against, know echo",
	from: []string{ours}, tests: true, except: []string{"chatter/httpd/internal/web", "chatter/supervisor/lab/bench/floor"},
	not: []string{"github.com/labstack/..."},
}, {
	why:  "live rooms are about frames and names: no WebSocket, no Redis",
	from: []string{"chatter/wsd/internal/live"}, deep: true,
	not: []string{ours, "github.com/redis/...", "github.com/coder/...", "net/http"},
	but: []string{"chatter/shared/wire", "chatter/shared/name", "chatter/shared/grapheme", "chatter/wsd/internal/wake"},
}, {
	why:  "the wire and the names are owned by neither side",
	from: []string{"chatter/shared/wire", "chatter/shared/name"}, deep: true,
	not: []string{ours, "github.com/redis/...", "github.com/coder/...", "net/http"},
	but: []string{"chatter/shared/grapheme"},
}, {
	why:  "imports point one way: main, web, page, assets, text, shared",
	from: []string{"chatter/httpd/internal/web"}, deep: true,
	not: []string{ours}, but: []string{"chatter/httpd/internal/moderation", "chatter/httpd/internal/page", "chatter/httpd/internal/assets", "chatter/httpd/internal/text", "chatter/shared/..."},
}, {
	why:  "orders are carried out without pages",
	from: []string{"chatter/httpd/internal/moderation"}, deep: true,
	not: []string{ours}, but: []string{"chatter/shared/..."},
}, {
	why:  "imports point one way: main, web, page, assets, text, shared",
	from: []string{"chatter/httpd/internal/page"}, deep: true,
	not: []string{ours}, but: []string{"chatter/httpd/internal/assets", "chatter/httpd/internal/text", "chatter/shared/..."},
}, {
	why:  "imports point one way: main, web, page, assets, text, shared",
	from: []string{"chatter/httpd/internal/assets"}, deep: true,
	not: []string{ours}, but: []string{"chatter/httpd/internal/text", "chatter/shared/..."},
}, {
	why:  "imports point one way: main, web, page, assets, text, shared",
	from: []string{"chatter/httpd/internal/text"}, deep: true,
	not: []string{ours}, but: []string{"chatter/shared/..."},
}, {
	why:  "pages are rendered from values: no sessions, no requests to Redis",
	from: []string{"chatter/httpd/internal/page", "chatter/httpd/internal/assets", "chatter/httpd/internal/text"},
	not:  []string{"chatter/shared/redisconn", "chatter/shared/session"},
}, {
	why:  "imports point one way: main, socket, live, wake and stack, shared",
	from: []string{"chatter/wsd/internal/..."}, deep: true,
	not: []string{ours}, but: []string{"chatter/wsd/internal/live", "chatter/wsd/internal/wake", "chatter/wsd/internal/stack", "chatter/shared/..."},
}, {
	why:  "no test's library is built into a service",
	from: []string{"chatter/httpd", "chatter/wsd"}, deep: true,
	not: []string{"testing", "github.com/alicebob/...", "github.com/google/go-cmp/...", "github.com/PuerkitoBio/...", "github.com/chromedp/..."},
}}

func TestImports_PointOneWay(t *testing.T) {
	t.Parallel()
	list := workspace(t)
	binds := func(r rule) bool {
		return slices.ContainsFunc(list, func(p pkg) bool { return matches(p.ImportPath, r.from) })
	}
	for _, r := range rules {
		if !binds(r) {
			t.Errorf("no package is bound by %q: %v", r.why, r.from)
		}
		for _, broken := range violations(list, r) {
			t.Error(broken)
		}
	}
}

// testSupport are the packages in shared that only tests import.
var testSupport = []string{"chatter/shared/hardentest", "chatter/shared/redistest"}

func TestShared_HoldsOnlyPackagesThatBothServicesImport(t *testing.T) {
	t.Parallel()
	for _, path := range notShared(workspace(t)) {
		t.Errorf("%s is in shared, but not both services import it", path)
	}
}

// notShared returns the packages in shared that one of the services does not import, neither
// itself nor through other packages. Test support counts as imported by a service if tests
// of the service import it.
func notShared(list []pkg) (paths []string) {
	imports := func(service, path string) bool {
		return slices.ContainsFunc(list, func(p pkg) bool {
			used := slices.Concat(p.Imports, p.Deps)
			if slices.Contains(testSupport, path) {
				used = slices.Concat(p.TestImports, p.XTestImports)
			}
			return matches(p.ImportPath, []string{service}) && slices.Contains(used, path)
		})
	}
	for _, p := range list {
		if matches(p.ImportPath, []string{"chatter/shared/..."}) &&
			!(imports("chatter/httpd/...", p.ImportPath) && imports("chatter/wsd/...", p.ImportPath)) {
			paths = append(paths, p.ImportPath)
		}
	}
	return paths
}

// workspace returns every package of the workspace, and those that they import.
func workspace(t *testing.T) []pkg {
	t.Helper()
	return decode[pkg](t, goCommand(t, ".", nil, "list", "-deps", "-json=ImportPath,Imports,Deps,TestImports,XTestImports", "work"))
}

// violations returns every import that breaks the rule.
func violations(list []pkg, r rule) []string {
	known := map[string]pkg{}
	for _, p := range list {
		known[p.ImportPath] = p
	}
	var broken []string
	for _, p := range list {
		if !matches(p.ImportPath, r.from) || matches(p.ImportPath, r.except) {
			continue
		}
		imports := slices.Clone(p.Imports)
		if r.tests {
			imports = slices.Concat(imports, p.TestImports, p.XTestImports)
		}
		if r.deep {
			for _, direct := range slices.Clone(imports) {
				imports = append(imports, known[direct].Deps...)
			}
		}
		slices.Sort(imports)
		for _, path := range slices.Compact(imports) {
			if path != p.ImportPath && matches(path, r.not) && !matches(path, r.but) {
				broken = append(broken, fmt.Sprintf("%s imports %s: %s", p.ImportPath, path, r.why))
			}
		}
	}
	return broken
}

func matches(path string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		above, wild := strings.CutSuffix(pattern, "/...")
		return path == above || wild && strings.HasPrefix(path, above+"/")
	})
}
