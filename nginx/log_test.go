package nginx_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chatter/nginx"
)

// Everything that can go wrong does, and then no file of nginx may hold the client's
// address, the room's name, the text or the cookie.
func TestLog_HoldsNoAddressAndNoRoom(t *testing.T) {
	run := startEdited(t, dir(t), nginx.Site{SocketsPerAddress: 1, HandshakesPerSecond: 1}, slowly)
	httpdUp, stop := newService(t, "httpd", run.httpd)
	newService(t, "wsd", run.wsd)
	secret := []string{"Cookie: chatter=thecookie", "User-Agent: theagent", "Referer: http://x/chat/theroom/", "Host: " + run.addr}
	asked := 0
	ask := func(line string, more ...string) {
		asked++
		run.raw(t, append(append([]string{line}, more...), secret...)...)
	}

	ask("GET /chat/theroom/?q=thequery HTTP/1.1")
	ask("GET /chat/theroom/messages/ HTTP/1.1")
	ask("THEROOM /chat/theroom/ HTTP/1.1")
	ask("GET /ws/chat/theroom/ HTTP/1.1")
	httpdUp.last(t)
	for range 10 {
		ask("GET /ws/chat/theroom/ HTTP/1.1")
	}
	ask("POST /chat/theroom/ HTTP/1.1", "Content-Length: 99999999")
	ask("GET /chat/theroom/ HTTP/1.1", "Content-Length: theroom")
	ask("GET /chat/theroom/%zz HTTP/1.1")
	ask("GET /chat/theroom/%00 HTTP/1.1")
	ask("GET /chatter-errors/theroom HTTP/1.1")
	ask("GET /chat/theroom/" + strings.Repeat("x", 40<<10) + " HTTP/1.1")
	stop()
	ask("GET /chat/theroom/ HTTP/1.1")
	if err := os.WriteFile(run.httpd, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ask("GET /chat/theroom/ HTTP/1.1")

	log := ""
	// Each worker writes for itself, when it has sent the answer.
	within(t, "all requests are in the log", func() bool {
		log = run.log(t, "chatter-access.log")
		return strings.Count(log, "\n") == asked
	})
	if n := strings.Count(log, " room 502 "); n != 2 {
		t.Errorf("%d lines with \" room 502 \", want 2:\n%s", n, log)
	}
	for _, want := range []string{" GET room 200 ", " GET history 200 ", " OTHER room 200 ", " GET ws-room 429 ", " POST room 413 ", "upstream 502 "} {
		if !strings.Contains(log, want) {
			t.Errorf("no %q in the log:\n%s", want, log)
		}
	}
	err := filepath.WalkDir(run.prefix, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || filepath.Base(path) == "site.conf" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, word := range []string{"127.0.0.1", "theroom", "THEROOM", "thequery", "thecookie", "theagent"} {
			if strings.Contains(string(text), word) {
				t.Errorf("%s holds %q:\n%s", path, word, text)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
