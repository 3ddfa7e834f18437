package house_test

import (
	"slices"
	"strings"
	"testing"
)

// The rules are worth as much as what they catch.
func TestImports_RulesCatchWhatTheyForbid(t *testing.T) {
	const redis, websocket, echo = "github.com/redis/go-redis/v9", "github.com/coder/websocket", "github.com/labstack/echo/v4"
	for _, c := range []struct {
		name string
		list []pkg
		why  string // of the only rule that is broken, "" for none
	}{
		{"the house as it is meant", []pkg{
			{ImportPath: "chatter/wsd", Imports: []string{"chatter/wsd/internal/socket"}},
			{ImportPath: "chatter/wsd/internal/socket", Imports: []string{websocket, "chatter/wsd/internal/live"}},
			{ImportPath: "chatter/wsd/internal/live", Imports: []string{"chatter/shared/wire", "chatter/shared/name"}},
			{ImportPath: "chatter/shared/roomlog", Imports: []string{redis}, XTestImports: []string{"chatter/shared/redistest"}},
			{ImportPath: "chatter/httpd/internal/web", Imports: []string{echo, "chatter/shared/roomlog", "chatter/httpd/internal/page"}, XTestImports: []string{websocket}},
			{ImportPath: "chatter/httpd/internal/page", Imports: []string{"chatter/httpd/internal/assets", "chatter/shared/roomlog"}},
		}, ""},
		{"a twin imports the other", []pkg{{ImportPath: "chatter/wsd", Imports: []string{"chatter/httpd"}}}, "the twins"},
		{"a twin's test imports the other", []pkg{{ImportPath: "chatter/httpd", TestImports: []string{"chatter/wsd/x"}}}, "the twins"},
		{"live reaches for Redis", []pkg{{ImportPath: "chatter/wsd/internal/live", Imports: []string{"chatter/shared/roomlog"}}}, "live rooms"},
		{"live reaches the WebSocket over another package", []pkg{
			{ImportPath: "chatter/wsd/internal/live", Imports: []string{"example.org/x"}},
			{ImportPath: "example.org/x", Imports: []string{websocket}, Deps: []string{websocket}},
		}, "live rooms"},
		{"live imports socket", []pkg{{ImportPath: "chatter/wsd/internal/live", Imports: []string{"chatter/wsd/internal/socket"}}}, "imports point one way"},
		{"another knows go-redis", []pkg{{ImportPath: "chatter/httpd", Imports: []string{redis}}}, "only what keeps"},
		{"another knows the WebSocket library", []pkg{{ImportPath: "chatter/wsd", Imports: []string{websocket}}}, "only socket"},
		{"another knows echo", []pkg{{ImportPath: "chatter/httpd", Imports: []string{echo}}}, "only web"},
		{"page imports web", []pkg{{ImportPath: "chatter/httpd/internal/page", Imports: []string{"chatter/httpd/internal/web"}}}, "imports point one way"},
		{"page reads the session", []pkg{{ImportPath: "chatter/httpd/internal/page", Imports: []string{"chatter/shared/session"}}}, "pages are rendered"},
		{"shared looks up", []pkg{{ImportPath: "chatter/shared/wire", Imports: []string{"chatter/nginx"}}}, "shared stands"},
		{"a test's package is built in", []pkg{{ImportPath: "chatter/httpd", Imports: []string{"chatter/shared/redistest"}}}, "redistest and hardentest"},
		{"the tests' fixture is built in", []pkg{{ImportPath: "chatter/supervisor/run/stack", Imports: []string{"chatter/supervisor/test/fixture"}}}, "fixture is for"},
		{"a test's library is built in", []pkg{{ImportPath: "chatter/wsd", Imports: []string{"testing"}}}, "no test's library"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var broken []string
			for _, r := range rules {
				broken = append(broken, violations(c.list, r)...)
			}
			told := slices.ContainsFunc(broken, func(s string) bool { return strings.Contains(s, ": "+c.why) })
			if c.why == "" && len(broken) > 0 || c.why != "" && !told {
				t.Errorf("got %q, want one about %q", broken, c.why)
			}
		})
	}
}

func TestShared_FindsWhatOneServiceNeedsAlone(t *testing.T) {
	list := []pkg{
		{ImportPath: "chatter/httpd", Imports: []string{"chatter/shared/daemon"}, Deps: []string{"chatter/shared/daemon", "chatter/shared/deep"}},
		{ImportPath: "chatter/wsd/internal/socket", Imports: []string{"chatter/shared/deep", "chatter/shared/alone"}, Deps: []string{"chatter/shared/deep", "chatter/shared/alone"}},
		{ImportPath: "chatter/wsd", Imports: []string{"chatter/shared/daemon"}, Deps: []string{"chatter/shared/daemon", "chatter/shared/deep"}, TestImports: []string{"chatter/shared/fixture"}},
		{ImportPath: "chatter/httpd/internal/web", TestImports: []string{"chatter/shared/redistest", "chatter/shared/fixture"}},
		{ImportPath: "chatter/wsd/internal/simulation", XTestImports: []string{"chatter/shared/redistest"}},
		{ImportPath: "chatter/shared/daemon"}, {ImportPath: "chatter/shared/deep"}, {ImportPath: "chatter/shared/redistest"},
		{ImportPath: "chatter/shared/alone"}, {ImportPath: "chatter/shared/fixture"}, {ImportPath: "chatter/shared/unused"},
		{ImportPath: "chatter/supervisor/lab/guest", Imports: []string{"chatter/shared/unused"}},
	}
	want := []string{"chatter/shared/alone", "chatter/shared/fixture", "chatter/shared/unused"}
	if got := notShared(list); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
