package nginx_test

import (
	"testing"

	"chatter/nginx"
	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

func TestRouting(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	both(t, run)
	for path, want := range map[string]string{
		"/":                      "httpd",
		"/index/":                "httpd",
		"/chat/?room=ws":         "httpd",
		"/chat/ws/":              "httpd",
		"/chat/go/messages/":     "httpd",
		"/static/abc/js/room.js": "httpd",
		"/wsx":                   "httpd",
		"/ws.html":               "httpd",
		"/WS/":                   "httpd",
		"/healthz":               "httpd",
		"/metrics":               "httpd",
		"/debug/pprof/":          "httpd",
		"/chatter-errors/":       "",
		"/ws":                    "wsd",
		"/ws/":                   "wsd",
		"/ws/chat/go/":           "wsd",
		"/ws/chat/go/?since=0":   "wsd",
		"/ws/index/":             "wsd",
		"/ws//chat/":             "wsd",
	} {
		resp := run.get(t, path)
		if got := resp.Header.Get("Served-By"); got != want {
			t.Errorf("GET %s: served by %q (%d), want %q", path, got, resp.StatusCode, want)
		}
	}
}

// The services must see the bytes of a room's name as the guest sent them.
func TestRouting_AddressesArriveUnharmed(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	httpd, wsd := both(t, run)
	for _, name := range []string{
		"a%2Fb", "a%2fb", "what%3F", "100%25", "%23hash", "two%20words", "plus+plus", "a%2Bb", "semi;colon", "%5Cback%5C",
		"%D8%BA%D8%B1%D9%81%D8%A9", "غرفة", "%F0%9F%8E%AD", "🎭", "double//slash", "%7B%7D", "{}|", "%e2%80%8b", "q?x=%26&y=1",
	} {
		for prefix, s := range map[string]*service{"/chat/": httpd, "/ws/chat/": wsd} {
			uri := prefix + name + "/"
			if resp := run.get(t, uri); resp.StatusCode != 200 {
				t.Errorf("GET %s = %d", uri, resp.StatusCode)
				continue
			}
			if got := s.last(t).RequestURI; got != uri {
				t.Errorf("GET %s arrived as %s", uri, got)
			}
		}
	}
}

func TestHeaders_ClaimsOfTheClientAreOverwritten(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	httpd, wsd := both(t, run)
	for path, s := range map[string]*service{"/": httpd, "/ws": wsd, "/ws/index/": wsd} {
		run.raw(t, "GET "+path+" HTTP/1.1", "Host: "+run.addr,
			"X-Real-IP: 203.0.113.7", "X-Forwarded-For: 203.0.113.7, 203.0.113.8", "X-Forwarded-For: 203.0.113.9",
			"X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example", "Forwarded: for=203.0.113.7")
		h := s.last(t).Header
		got := map[string][]string{}
		for _, name := range []string{"X-Real-Ip", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"} {
			if h[name] != nil {
				got[name] = h[name]
			}
		}
		want := map[string][]string{"X-Real-Ip": {"127.0.0.1"}, "X-Forwarded-For": {"127.0.0.1"}, "X-Forwarded-Proto": {"http"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("GET %s (-want +got):\n%s", path, diff)
		}
	}
}

func TestHeaders_HostKeepsItsPort(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	httpd, wsd := both(t, run)
	for path, s := range map[string]*service{"/": httpd, "/ws/index/": wsd} {
		run.raw(t, "GET "+path+" HTTP/1.1", "Host: chat.example.org:8080")
		if got := s.last(t).Host; got != "chat.example.org:8080" {
			t.Errorf("GET %s: Host %q", path, got)
		}
	}
}

func TestHeaders_HostIsTheOneThatChoseTheServer(t *testing.T) {
	run := start(t, dir(t), nginx.Site{ServerName: "chat.example.org"})
	httpd, wsd := both(t, run)
	for path, s := range map[string]*service{"/": httpd, "/ws": wsd, "/ws/index/": wsd} {
		for host, want := range map[string]string{
			"evil.example": "chat.example.org", "chat.example.org.evil.example:80": "chat.example.org",
			"CHAT.example.org:8080": "CHAT.example.org:8080", "chat.example.org": "chat.example.org",
		} {
			run.raw(t, "GET http://chat.example.org"+path+" HTTP/1.1", "Host: "+host)
			if got := s.last(t).Host; got != want {
				t.Errorf("GET %s, Host %s: arrived as %q, want %q", path, host, got, want)
			}
		}
	}
}

func TestUpgrade_OnlyBelowWS(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	httpd, wsd := both(t, run)
	type asked struct{ Proto, Upgrade, Connection string }
	ask := func(s *service, lines ...string) asked {
		run.raw(t, append(lines, "Host: "+run.addr)...)
		r := s.last(t)
		return asked{r.Proto, r.Header.Get("Upgrade"), r.Header.Get("Connection")}
	}
	// No Sec-WebSocket-Key: the stand-in answers with a refusal, which is an answer.
	upgrade := []string{"Connection: Upgrade", "Upgrade: websocket"}
	for _, c := range []struct {
		name string
		got  asked
		want asked
	}{
		{"socket", ask(wsd, append([]string{"GET /ws/index/ HTTP/1.1"}, upgrade...)...), asked{"HTTP/1.1", "websocket", "upgrade"}},
		{"page below /ws/", ask(wsd, "GET /ws/index/ HTTP/1.1"), asked{"HTTP/1.1", "", "close"}},
		{"kept connection below /ws/", ask(wsd, "GET /ws/index/ HTTP/1.1", "Connection: keep-alive"), asked{"HTTP/1.1", "", "close"}},
		{"upgrade of /ws", ask(wsd, append([]string{"GET /ws HTTP/1.1"}, upgrade...)...), asked{"HTTP/1.1", "", "close"}},
		{"page", ask(httpd, "GET / HTTP/1.1"), asked{"HTTP/1.1", "", "close"}},
		{"upgrade of a page", ask(httpd, append([]string{"GET /chat/go/ HTTP/1.1"}, upgrade...)...), asked{"HTTP/1.1", "", "close"}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestSocket_TalksThroughNginx(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	both(t, run)
	conn := run.dial(t, "/ws/chat/%F0%9F%8E%AD/")
	if err := conn.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, text, err := conn.Read(t.Context()); err != nil || string(text) != "hello" {
		t.Errorf("got %q, %v", text, err)
	}
}
