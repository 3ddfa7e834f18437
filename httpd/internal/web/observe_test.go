package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"chatter/shared/wire"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func TestObserve_TheLogHoldsNobody(t *testing.T) {
	site := newSite(t)
	const user, room, said = "Annegret", "hideout", "meet me there"
	b := site.guest(user)
	path := "/chat/" + room + "/"
	b.get(path).want(200)
	b.post(path, url.Values{"message": {said}, "nonce": {string(wire.NewNonce())}}).want(303)
	b.get(path + "messages/").want(200)
	b.get("/chat/?room=" + room).want(303)
	b.get("/" + room).want(404)
	b.do("HIDEOUT", "/", nil, "User-Agent", room, "Referer", site.base+path).want(405)
	b.get("/chat/"+room+"%2F/", "X-Real-IP", "203.0.113.9").want(404)
	site.impatient()
	site.redis.Close()
	b.get(path).want(503)
	b.post(path, url.Values{"message": {said}, "nonce": {string(wire.NewNonce())}}).want(503)

	log := site.lines.String()
	for _, word := range []string{user, room, said, "HIDEOUT", "127.0.0.1", "203.0.113.9", "chatter-"} {
		if strings.Contains(strings.ToLower(log), strings.ToLower(word)) {
			t.Errorf("the log holds %q:\n%s", word, log)
		}
	}
	for _, want := range []string{
		"method=GET route=/chat/:room/ status=200 duration=",
		"method=POST route=/chat/:room/ status=303 duration=",
		"method=GET route=/chat/:room/messages/ status=200 duration=",
		"method=GET route=none status=404 duration=",
		"method=OTHER route=/ status=405 duration=",
		"method=GET route=/chat/:room/ status=503 duration=",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
}

func TestObserve_MetricsCount(t *testing.T) {
	metrics := prometheus.NewRegistry()
	site := newSite(t, func(c *Config) { c.Metrics = metrics })
	b := site.guest("Ann")
	b.get("/chat/hideout/").want(200)
	b.get("/chat/hideaway/").want(200)
	b.get("/hideout").want(404)
	site.redis.Close()
	b.get("/chat/hideout/").want(503)

	w := httptest.NewRecorder()
	promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	got := w.Body.String()
	for _, want := range []string{
		`chatter_httpd_requests_total{method="GET",route="/chat/:room/",status="200"} 2`,
		`chatter_httpd_requests_total{method="GET",route="/chat/:room/",status="503"} 1`,
		`chatter_httpd_requests_total{method="GET",route="none",status="404"} 1`,
		`chatter_httpd_request_seconds_count{method="GET",route="/chat/:room/"} 3`,
		"chatter_httpd_redis_errors_total 1",
		"chatter_cache_bytes ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(got, "hide") || strings.Contains(got, "Ann") {
		t.Error("the metrics hold a name")
	}
}
