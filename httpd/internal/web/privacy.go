package web

import (
	"net/http"

	"chatter/httpd/internal/page"

	"github.com/labstack/echo/v4"
)

// privacy answers GET /privacy/: how private the site is. It needs no session.
func (s *Site) privacy(c echo.Context) error {
	return s.render(c, http.StatusOK, page.Privacy{Base: s.base(c, s.language(c).Text("privacy.title"))})
}
