package floor

import (
	"context"
	"net"
	"net/http"
	"time"

	"chatter/shared/nonblock"

	"github.com/labstack/echo/v4"
)

// Pages answers every GET with ready bytes through the router and over the connections
// that httpd uses: what a page costs when there is nothing to render, and nothing to
// find out but what ask does for each; nil for nothing.
func Pages(l net.Listener, page []byte, ask func(context.Context) error) error {
	e := echo.New()
	e.GET("/*", func(c echo.Context) error {
		if ask != nil {
			if err := ask(c.Request().Context()); err != nil {
				return err
			}
		}
		return c.HTMLBlob(http.StatusOK, page)
	})
	server := &http.Server{Handler: e, ReadHeaderTimeout: time.Minute}
	return server.Serve(nonblock.Listener{Listener: l})
}
