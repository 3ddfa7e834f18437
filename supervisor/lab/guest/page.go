package guest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"chatter/shared/wire"
)

// StatusError is an HTTP answer with another status than the expected one.
type StatusError struct {
	Status  int
	Waiting bool // a page that reloads by itself
}

// Error implements error.
func (e *StatusError) Error() string { return fmt.Sprintf("status %d", e.Status) }

// A room's page names its newest message, or 0.
var cursorOf = regexp.MustCompile(`data-cursor="([0-9-]+)"`)

// Page requests a page of the site and returns the newest message on it: zero for an empty
// log, and for a page that is no room's.
func Page(ctx context.Context, client *http.Client, address string, cookie *http.Cookie) (cursor wire.ID, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return cursor, fmt.Errorf("get page: %w", err)
	}
	req.AddCookie(cookie)
	resp, err := client.Do(req)
	if err != nil {
		return cursor, fmt.Errorf("get page: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return cursor, fmt.Errorf("get page: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return cursor, &StatusError{resp.StatusCode, bytes.Contains(body, []byte(`http-equiv="refresh"`))}
	}
	if found := cursorOf.FindSubmatch(body); found != nil && string(found[1]) != "0" {
		return wire.ParseID(string(found[1]))
	}
	return cursor, nil
}
