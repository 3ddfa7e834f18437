package nginx_test

import (
	"net/http"
	"regexp"
	"testing"

	"chatter/nginx"

	"github.com/coder/websocket"
)

// One socket is open for each address a, and the limit is one socket for a class. So a socket
// for b is refused exactly if both have the same class.
func TestClass_IsAnIPv4AddressOrAnIPv6Network(t *testing.T) {
	run := startEdited(t, dir(t), nginx.Site{SocketsPerAddress: 1, HandshakesPerSecond: 1000}, []edit{
		{"chatter/site.conf", "include chatter.d/*.conf;", "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Forwarded-For;\n"},
	})
	both(t, run)
	status := func(address string) int {
		conn, resp, err := websocket.Dial(t.Context(), "ws://"+run.addr+"/ws/chat/a/", &websocket.DialOptions{
			HTTPHeader: http.Header{"Origin": {"http://" + run.addr}, "X-Forwarded-For": {address}},
		})
		if err == nil {
			t.Cleanup(func() { conn.CloseNow() })
		}
		if resp == nil {
			t.Fatalf("%s: %v", address, err)
		}
		return resp.StatusCode
	}
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"198.51.100.1", "198.51.100.1", true},
		{"198.51.100.2", "198.51.100.3", false},
		{"10.10.10.10", "10.10.10.11", false}, // 10 is a line feed
		{"2001:db8::1", "2001:db8::2", true},
		{"2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true},
		{"2001:db8:0:2::1", "2001:0DB8:0000:0002:0000:0000:0000:0001", true},
		{"2001:db8:0:3::1", "2001:db8:0:4::1", false},
		{"2001:db8:0:5:a0a:a0a:a0a:a0a", "2001:db8:0:5::a0a", true},
		{"2001:a0a:a0a:a0a::1", "2001:a0a:a0a:a0a:a0a::", true},
		{"2001:a0a:a0a:a0b::1", "2001:a0a:a0a:a0c::1", false},
		{"2001:db8:0:6:0:ffff:c633:6401", "2001:db8:0:6:0:ffff:c633:6402", true},
		{"::1", "::2", true},
		{"::ffff:198.51.100.4", "198.51.100.4", true},
		{"::ffff:c633:6405", "198.51.100.5", true},
		{"::ffff:198.51.100.6", "::ffff:198.51.100.7", false},
	} {
		if got := status(test.a); got != http.StatusSwitchingProtocols {
			t.Errorf("%s: %d, want a socket", test.a, got)
		}
		want := http.StatusSwitchingProtocols
		if test.same {
			want = http.StatusTooManyRequests
		}
		if got := status(test.b); got != want {
			t.Errorf("%s beside %s: %d, want %d", test.b, test.a, got, want)
		}
	}
}

// Every limit counts classes.
func TestClass_IsTheKeyOfEveryZone(t *testing.T) {
	conf, err := nginx.Site{Listen: "80", HTTPD: "unix:/a", WSD: "unix:/b"}.Conf()
	if err != nil {
		t.Fatal(err)
	}
	zones := regexp.MustCompile(`(?m)^limit_(?:conn|req)_zone +(\S+)`).FindAllStringSubmatch(conf["chatter/http-level.conf"], -1)
	if len(zones) < 5 {
		t.Errorf("%d zones, want at least 5", len(zones))
	}
	for _, zone := range zones {
		if zone[1] != "$chatter_class" {
			t.Errorf("%q has another key", zone[0])
		}
	}
}
