package main

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"

	"chatter/nginx"
)

// newProxy routes between two unix sockets as the nginx site does: /ws and what is below
// it to wsd, the rest to httpd; upgrades only below /ws/; what the client claims about
// itself is overwritten; the waiting page while a service is away.
func newProxy(httpd, wsd string) http.Handler {
	pages, sockets := toSocket(httpd), toSocket(wsd)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ws" || strings.HasPrefix(r.URL.Path, "/ws/") {
			sockets.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

func toSocket(path string) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: rewrite,
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "unix", path)
			},
			// As nginx: a kept connection could be closed just as a form goes out on it.
			DisableKeepAlives: true,
			// The browser gets the answer of the service unchanged.
			DisableCompression: true,
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, _ error) { showWaiting(w, r) },
		// It logs requests that browsers gave up, with their addresses.
		ErrorLog: log.New(io.Discard, "", 0),
	}
}

func rewrite(r *httputil.ProxyRequest) {
	// The transport dials the socket whatever stands here. Path, RawPath and Host are
	// those of the browser.
	r.Out.URL.Scheme, r.Out.URL.Host = "http", "service"
	r.Out.URL.RawQuery = r.In.URL.RawQuery
	host, _, err := net.SplitHostPort(r.In.RemoteAddr)
	if err != nil {
		host = r.In.RemoteAddr
	}
	// ReverseProxy has taken out what the client said of this kind.
	r.Out.Header.Set("X-Real-IP", host)
	r.Out.Header.Set("X-Forwarded-For", host)
	r.Out.Header.Set("X-Forwarded-Proto", "http")
	if !strings.HasPrefix(r.In.URL.Path, "/ws/") {
		r.Out.Header.Del("Upgrade")
		r.Out.Header.Del("Connection")
	}
}

// showWaiting answers in the place of a service that is away.
func showWaiting(w http.ResponseWriter, r *http.Request) {
	for name, values := range nginx.PageHeader() {
		w.Header()[name] = values
	}
	w.WriteHeader(http.StatusBadGateway)
	io.WriteString(w, nginx.Page(nginx.RetryPage(r.Method), nginx.Language(r.Header)))
}
