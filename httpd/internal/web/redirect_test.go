package web

import (
	"net/url"
	"strings"
	"testing"
)

func TestLocalPath(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"/", "/"},
		{"/chat/go%20fans/", "/chat/go%20fans/"},
		{"/chat/go fans/", "/chat/go%20fans/"},
		{"/chat/who%3F/?a=b&c=%20", "/chat/who%3F/?a=b&c=%20"},
		{"/chat/سلام/?q=é", "/chat/%D8%B3%D9%84%D8%A7%D9%85/?q=%C3%A9"},
		{"/chat/x/?q=//evil.example", "/chat/x/?q=//evil.example"},
		{"/a//b", "/a//b"},
		{"/chat/%5C/", "/chat/%5C/"},
		{"/chat/it's/", "/chat/it's/"},
	} {
		if got, ok := localPath(tt.in); !ok || got != tt.want {
			t.Errorf("localPath(%q) = %q, %v; want %q", tt.in, got, ok, tt.want)
		}
	}
	for _, in := range foreign {
		if got, ok := localPath(in); ok {
			t.Errorf("localPath(%q) = %q, want nothing", in, got)
		}
	}
}

var foreign = []string{
	"", "x", "chat/x/", "//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "https://evil.example/",
	"javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", "/\r\nSet-Cookie: a=b", "/a\x00", "/a\x7f", " /a", "\t/a",
	"/a%zz", `/%2F"evil.example`, "?a", "#a", "mailto:a@b", "/" + strings.Repeat("x", maxNext),
}

func FuzzLocalPath(f *testing.F) {
	for _, s := range foreign {
		f.Add(s)
	}
	for _, s := range []string{"/", "/chat/a%2Fb/?c=d#e", "/.//evil.example", "/..//evil.example", "/%2F/evil.example", "/é?é", "/;//x", "/@evil.example", "/:80"} {
		f.Add(s)
	}
	base, err := url.Parse("https://chatter.example/chat/x/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		path, ok := localPath(s)
		if !ok {
			if path != "" {
				t.Fatalf("localPath(%q) refuses, but gives %q", s, path)
			}
			return
		}
		// As a browser reads it: backslashes are slashes, white space in front and
		// controls anywhere do not count.
		read := strings.Map(func(r rune) rune {
			switch {
			case r == '\\':
				return '/'
			case r <= ' ':
				return -1
			}
			return r
		}, path)
		if !strings.HasPrefix(read, "/") || strings.HasPrefix(read, "//") {
			t.Fatalf("localPath(%q) = %q, which leads elsewhere", s, path)
		}
		for i := range len(path) {
			if path[i] <= ' ' || path[i] >= 0x7f {
				t.Fatalf("localPath(%q) = %q, which no header may hold", s, path)
			}
		}
		u, err := base.Parse(path)
		if err != nil || u.Host != base.Host || u.Scheme != base.Scheme || u.User != nil {
			t.Fatalf("localPath(%q) = %q, which leads to %v (%v)", s, path, u, err)
		}
		if again, ok := localPath(path); !ok || again != path {
			t.Fatalf("localPath(%q) = %q, then %q", s, path, again)
		}
	})
}
