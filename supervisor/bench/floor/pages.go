package floor

import (
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// Pages answers every GET with ready bytes through the router that httpd uses: what a
// page costs when there is nothing to find out and nothing to render.
func Pages(l net.Listener, page []byte) error {
	e := echo.New()
	e.GET("/*", func(c echo.Context) error {
		return c.HTMLBlob(http.StatusOK, page)
	})
	server := &http.Server{Handler: e, ReadHeaderTimeout: time.Minute}
	return server.Serve(l)
}
