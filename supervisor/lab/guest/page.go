package guest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"chatter/shared/wire"
)

// What a room's page tells its scripts: the newest message in it, or 0.
var cursorOf = regexp.MustCompile(`data-cursor="([0-9-]+)"`)

// Page asks for a page of the site and returns the message up to which it shows a room's
// log; zero for an empty log, and for a page that is no room's.
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
		return cursor, fmt.Errorf("get page: status %s", resp.Status)
	}
	if found := cursorOf.FindSubmatch(body); found != nil && string(found[1]) != "0" {
		return wire.ParseID(string(found[1]))
	}
	return cursor, nil
}
