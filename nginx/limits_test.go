package nginx_test

import (
	"net/http"
	"strings"
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
	run := startEdited(t, dir(t), nginx.Site{SocketsPerAddress: 3, HandshakesPerSecond: 1}, slowly(t))
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

func TestLimits_DefaultsLetAnOfficeIn(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	both(t, run)
	for range 200 {
		run.dial(t, "/ws/chat/a/")
	}
}

func TestLimits_BodyTooLargeIsAPage(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	both(t, run)
	largest, tooLarge := strings.Repeat("x", 64<<10), strings.Repeat("x", 64<<10+1)
	for name, c := range map[string]struct {
		body string
		want int
	}{"as large as may be": {largest, 200}, "a byte more": {tooLarge, 413}, "much more": {strings.Repeat(tooLarge, 20), 413}} {
		for _, length := range []int64{int64(len(c.body)), -1} {
			req, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+run.addr+"/chat/a/", strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			req.ContentLength = length
			resp, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				t.Errorf("%s, length %d: %v", name, length, err)
				continue
			}
			if resp.StatusCode != c.want {
				t.Errorf("%s, length %d: %d, want %d", name, length, resp.StatusCode, c.want)
			}
			if c.want == 413 {
				wantPage(t, resp, nginx.TooLarge)
			}
			resp.Body.Close()
		}
	}
}
