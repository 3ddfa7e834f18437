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

// newProxy routes to two unix sockets as the nginx site does: /ws and paths below it to wsd, the
// others to httpd. Upgrades are possible only below /ws/. It replaces the headers in which a
// client could claim another address, and shows the waiting page while a service does not
// answer.
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
			// As nginx: a service could close a kept connection while a form is sent on it.
			DisableKeepAlives: true,
			// The browser gets the answer of the service unchanged.
			DisableCompression: true,
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, _ error) { showWaiting(w, r) },
		// It would log the addresses of browsers that cancel a request.
		ErrorLog: log.New(io.Discard, "", 0),
	}
}

func rewrite(r *httputil.ProxyRequest) {
	// The transport ignores this host. Path, RawPath and Host are those of the browser.
	r.Out.URL.Scheme, r.Out.URL.Host = "http", "service"
	r.Out.URL.RawQuery = r.In.URL.RawQuery
	host, _, err := net.SplitHostPort(r.In.RemoteAddr)
	if err != nil {
		host = r.In.RemoteAddr
	}
	// ReverseProxy has removed the client's headers of this kind.
	r.Out.Header.Set("X-Real-IP", host)
	r.Out.Header.Set("X-Forwarded-For", host)
	r.Out.Header.Set("X-Forwarded-Proto", "http")
	if !strings.HasPrefix(r.In.URL.Path, "/ws/") {
		r.Out.Header.Del("Upgrade")
		r.Out.Header.Del("Connection")
	}
}

// showWaiting answers in place of a service that does not.
func showWaiting(w http.ResponseWriter, r *http.Request) {
	for name, values := range nginx.PageHeader() {
		w.Header()[name] = values
	}
	w.WriteHeader(http.StatusBadGateway)
	io.WriteString(w, nginx.Page(nginx.RetryPage(r.Method), nginx.Language(r.Header)))
}
