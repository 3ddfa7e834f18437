package nginx_test

import (
	"net/http"
	"strings"
	"testing"

	"chatter/nginx"
)

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
