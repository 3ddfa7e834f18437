package doctor

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTokenize(t *testing.T) {
	for text, want := range map[string]string{
		"a b;c{d;}":                           "a b ; c { d ; }",
		"# x { ;\na;# y":                      "a ;",
		`log_format f '$a; {b}' "c\"d";`:      `log_format f $a; {b} c"d ;`,
		`return 301 https://$host${uri};`:     "return 301 https://$host${uri} ;",
		`location ~ ^/a\;b{1}$ { }`:           `location ~ ^/a\;b { 1}$ { }`,
		"~^(?:a|b)(?<n>.{8})$ x;":             "~^(?:a|b)(?<n>. { 8})$ x ;",
		`"~^(?:a|b)(?<n>.{8})$" x;`:           "~^(?:a|b)(?<n>.{8})$ x ;",
		"server_name it's;":                   "server_name it's ;",
		"a 'not closed":                       "a not closed",
		"\r\n\ta\\":                           `a\`,
		"a ${b":                               "a ${b",
		"if ($a = \"}\") { return 1; } # {{{": "if ($a = } ) { return 1 ; }",
	} {
		var words []string
		for _, token := range tokenize(text) {
			words = append(words, unquote(token))
		}
		if got := strings.Join(words, " "); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

const smallDump = `nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
# configuration file /etc/nginx/nginx.conf:
events { worker_connections 9; }
http {
	access_log a;
	include conf.d/*.conf;
}
# configuration file /etc/nginx/conf.d/b.conf:
server { listen 80; server_name b; location / { access_log off; proxy_pass http://chatter_httpd; } }
# configuration file /etc/nginx/conf.d/a.conf:
server { listen [::]:80 ssl default_server; include one.conf; }
# configuration file /etc/nginx/one.conf:
access_log b x; access_log c;
# configuration file /etc/nginx/not-included.conf:
server { }
`

func TestParseNginx_PutsTheFilesTogether(t *testing.T) {
	c, err := parseNginx(smallDump, "/run/chatter")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.servers) != 2 || len(c.sites()) != 1 || c.file != "/etc/nginx/nginx.conf" || len(c.texts) != 5 {
		t.Fatalf("got %+v", c)
	}
	logs := func(b *directive) (all []string) {
		for _, d := range b.effective("access_log") {
			all = append(all, strings.Join(d.args, " "))
		}
		return all
	}
	a, b := c.servers[0], c.servers[1]
	got := [][]string{logs(c.main), logs(a.directive), logs(b.directive), logs(b.proxies[0])}
	if diff := cmp.Diff([][]string{nil, {"b x", "c"}, {"a"}, {"off"}}, got); diff != "" {
		t.Error(diff)
	}
	if a.listens[0] != (listen{"[::]:80", true}) || b.listens[0] != (listen{":80", false}) || !a.isDefault || !b.isDefault {
		t.Errorf("%+v %+v", a, b)
	}
}

func TestParseNginx_RefusesWhatIsNoDump(t *testing.T) {
	for _, dump := range []string{"", "nginx: ok\n", "# configuration file /a:\nhttp {", "# configuration file /a:\ninclude /a;"} {
		if _, err := parseNginx(dump, "/run"); err == nil {
			t.Errorf("%q is taken", dump)
		}
	}
}

func FuzzParseNginx(f *testing.F) {
	f.Add(smallDump)
	f.Fuzz(func(t *testing.T, dump string) {
		if c, err := parseNginx(dump, "/run/chatter"); err == nil {
			c.seeGuests()
		}
	})
}
