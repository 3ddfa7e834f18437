package https_test

import (
	"slices"
	"strings"
	"testing"

	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

// The tests of both sites share a stack: they only add to what it has.
func TestSites(t *testing.T) {
	s := fixture.Start(t, stack.Options{})
	for site, servers := range map[string]int{"http": 2, "https": 3} {
		t.Run(site, func(t *testing.T) {
			m := install(t, s, site, nil)
			t.Run("NoServerMayLogAddressesOrPaths", func(t *testing.T) { m.wantNothingTold(t, servers) })
			t.Run("LogsHoldNoAddressAndNoPath", func(t *testing.T) { m.wantLogsClean(t, s, site) })
		})
	}
	t.Run("Guest", func(t *testing.T) {
		m := install(t, s, "https", nil)
		testGuest(t, m)
		m.wantTLS(t)
	})
	t.Run("Operator", func(t *testing.T) { testOperator(t, s) })
	t.Run("ProxyIsNamed", func(t *testing.T) { testNamedProxy(t, s) })
	t.Run("Connections", func(t *testing.T) { testConnections(t, s) })
	t.Run("HalfOpen", func(t *testing.T) { testHalfOpen(t, s) })
	t.Run("HalfOpenEnds", func(t *testing.T) { testHalfOpenEnds(t, s) })
}

func (m *machine) wantNothingTold(t *testing.T, servers int) {
	found, problems := telling(m.conf(t))
	if found != servers {
		t.Errorf("%d servers, want %d", found, servers)
	}
	if len(problems) > 0 {
		t.Errorf("they may log addresses or paths:\n%s", strings.Join(problems, "\n"))
	}
}

// conf returns what nginx has read.
func (m *machine) conf(t *testing.T) []directive {
	t.Helper()
	dump, err := m.nginx("-T").Output()
	if err != nil {
		t.Fatal(err)
	}
	conf, err := parseDump(string(dump))
	if err != nil {
		t.Fatal(err)
	}
	return conf
}

func TestTelling_FindsEachWayToLog(t *testing.T) {
	const begin = "# configuration file /e/nginx.conf:\nerror_log /e/log;\nhttp { access_log /a; include conf.d/*.conf;\n" +
		"log_format good '$status $chatter_route'; log_format bad '$status' \" $request_uri\"; }\n# configuration file /e/conf.d/x.conf:\n"
	const quiet = "access_log off; error_log /dev/null emerg; "
	for _, test := range []struct{ server, problem string }{
		{quiet, ""},
		{"access_log /b good; error_log /dev/null; # access_log /c;\n", ""},
		{quiet + "location / { return 200 'access_log /c;'; }", ""},
		{"error_log /dev/null;", "[access_log /a] has the format combined"},
		{"access_log off;", "[error_log /e/log] holds"},
		{"access_log /b bad; error_log /dev/null;", "[access_log /b bad] logs $request_uri"},
		{quiet + "location ~ ^/x { access_log /b; }", "location ~ ^/x]: [access_log /b] has"},
	} {
		conf, err := parseDump(begin + "server { listen 80; " + test.server + " }\n")
		if err != nil {
			t.Errorf("%s: %v", test.server, err)
			continue
		}
		n, problems := telling(conf)
		if n != 1 {
			t.Errorf("%s: %d servers", test.server, n)
		}
		if test.problem == "" && len(problems) > 0 || test.problem != "" && !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, test.problem) }) {
			t.Errorf("%s: problems %q, want %q", test.server, problems, test.problem)
		}
	}
}
