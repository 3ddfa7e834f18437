package nginx_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"chatter/nginx"
)

func TestLimits_SocketsOfOneAddress(t *testing.T) {
	run := start(t, dir(t), nginx.Site{SocketsPerAddress: 3, HandshakesPerSecond: 1000})
	both(t, run)
	first := run.dial(t, "/ws/chat/a/")
	run.dial(t, "/ws/chat/b/")
	run.dial(t, "/ws/index/")
	if _, resp, err := run.tryDial(t, "/ws/chat/c/"); err == nil || resp == nil || resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one too many: %v, %v; want 429", resp, err)
	}
	if resp := run.get(t, "/chat/a/"); resp.StatusCode != 200 {
		t.Errorf("a page beside the sockets: %d", resp.StatusCode)
	}
	first.CloseNow()
	within(t, "a socket may take the place of one that left", func() bool {
		_, _, err := run.tryDial(t, "/ws/chat/c/")
		return err == nil
	})
}

func TestLimits_HandshakesOfOneAddress(t *testing.T) {
	run := startEdited(t, dir(t), nginx.Site{SocketsPerAddress: 3, HandshakesPerSecond: 1}, slowly)
	both(t, run)
	begun, status := time.Now(), map[int]int{}
	for range 10 {
		status[run.get(t, "/ws/index/").StatusCode]++
	}
	// The first, the burst, and one more for each minute that this took.
	if most := 4 + int(time.Since(begun)/time.Minute); status[200] < 4 || status[200] > most || status[200]+status[429] != 10 {
		t.Errorf("10 handshakes at once: %v; want 200 for 4 to %d, then 429", status, most)
	}
	if resp := run.get(t, "/"); resp.StatusCode != 200 {
		t.Errorf("a page: %d", resp.StatusCode)
	}
}

// fewRequests lets a class make three requests at once, and three for assets.
var fewRequests = []edit{
	{"chatter/http-level.conf", "rate=100r/s;", "rate=1r/m;"},
	{"chatter/http-level.conf", "rate=500r/s;", "rate=1r/m;"},
	{"chatter/site.conf", "burst=2000 ", "burst=2 "},
	{"chatter/site.conf", "burst=10000 ", "burst=2 "},
}

func TestLimits_RequestsOfOneAddress(t *testing.T) {
	run := startEdited(t, dir(t), nginx.Site{}, fewRequests)
	both(t, run)
	for _, test := range []struct{ ask, page string }{
		{"GET /static/a.css HTTP/1.1", nginx.Limited},
		{"GET /chat/a/ HTTP/1.1", nginx.Limited},
		{"POST /chat/a/ HTTP/1.1", nginx.LimitedForm},
		{"HEAD / HTTP/1.1", ""},
	} {
		taken := 0
		begun := time.Now()
		var resp *http.Response
		// A further one is taken for each minute that this takes.
		within(t, test.ask+" is refused", func() bool {
			resp = run.raw(t, test.ask, "Host: "+run.addr, "Content-Length: 0")
			taken++
			return resp.StatusCode == http.StatusTooManyRequests
		})
		if most := 4 + int(time.Since(begun)/time.Minute); taken > most {
			t.Errorf("%s: refused after %d requests, want at most %d", test.ask, taken, most)
		}
		if got := resp.Header.Get("Retry-After"); got != "5" {
			t.Errorf("%s: Retry-After %q, want 5", test.ask, got)
		}
		if test.page != "" {
			wantPage(t, resp, test.page)
		}
	}
	run.dial(t, "/ws/index/") // has limits of its own
}

// A body that does not come holds a place of its class, so their number is limited.
func TestLimits_RequestsInProgress(t *testing.T) {
	run := startEdited(t, dir(t), nginx.Site{}, []edit{
		{"chatter/site.conf", "chatter_open 1000;", "chatter_open 2;"},
		{"chatter/every-server.conf", "client_body_timeout         10s;", "client_body_timeout 1h;"},
	})
	both(t, run)
	// nginx answers only the form that found no place, whichever of the three it read last.
	var forms [3]net.Conn
	refused := make(chan int, len(forms))
	for i := range forms {
		forms[i] = run.half(t, "POST /index/ HTTP/1.1\r\nHost: "+run.addr+"\r\nContent-Length: 10\r\n\r\nuser=")
		go func() {
			resp, err := http.ReadResponse(bufio.NewReader(forms[i]), nil)
			if err == nil && resp.StatusCode == http.StatusTooManyRequests {
				refused <- i
			}
		}()
	}
	var third int
	select {
	case third = <-refused:
	case <-time.After(hangLimit):
		t.Fatalf("waited %v, and none of three forms is refused", hangLimit)
	}
	if resp := run.get(t, "/"); resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a page beside two forms: %d, want 429", resp.StatusCode)
	}
	if resp := run.get(t, "/static/a.css"); resp.StatusCode != 200 {
		t.Errorf("an asset beside two forms: %d", resp.StatusCode)
	}
	forms[(third+1)%len(forms)].Close()
	within(t, "a request takes the place of one that left", func() bool { return run.get(t, "/").StatusCode == 200 })
}

// 500 people behind one address sign in, each with an empty cache, and enter a room, as fast
// as this machine can do it.
func TestLimits_DefaultsLetASchoolIn(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	serve(t, run.httpd, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})) // keeps no requests
	newService(t, "wsd", run.wsd)
	refused := make(map[string]int)
	client := &http.Client{Timeout: hangLimit, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	ask := func(method, path string) {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+run.addr+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 {
			refused[fmt.Sprint(method, " ", path, ": ", resp.StatusCode)]++
		}
	}
	for range 500 {
		ask("GET", "/")
		for range 20 {
			ask("GET", "/static/a.js")
		}
		ask("POST", "/index/")
		ask("GET", "/index/")
		run.dial(t, "/ws/index/").CloseNow()
		ask("GET", "/chat/a/")
		run.dial(t, "/ws/chat/a/")
	}
	if len(refused) > 0 {
		t.Errorf("refused: %v", refused)
	}
}
