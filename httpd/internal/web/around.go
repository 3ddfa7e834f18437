package web

import (
	"fmt"
	"net/http"

	"chatter/shared/recent"

	"github.com/labstack/echo/v4"
)

// recentNames are the names that the WebSocket of the index sends, too.
type recentNames struct {
	Users []string `json:"users"`
	Rooms []string `json:"rooms"`
}

// around answers GET /index/ for a script. It is no visit: a page asks by itself.
func (s *Site) around(c echo.Context) error {
	if _, ok := s.session(c); !ok {
		return sendJSON(c, http.StatusUnauthorized, jsonError{"Sign in first."})
	}
	lists, err := s.lists.read(c.Request().Context(), s.presence, s.now())
	if s.health.observe(err) != nil {
		return fmt.Errorf("read recents: %w", err)
	}
	return sendJSON(c, http.StatusOK, recentNames{namesOf(lists.Users), namesOf(lists.Rooms)})
}

func namesOf(lines []recent.Line) []string {
	names := make([]string, len(lines))
	for i, line := range lines {
		names[i] = line.Name
	}
	return names
}
