package guest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"chatter/shared/origin"
	"chatter/shared/session"
	"chatter/shared/wire"

	"github.com/coder/websocket"
)

// StatusError is an HTTP answer with another status than the expected one.
type StatusError struct {
	Status  int
	Waiting bool // a page that reloads by itself
}

// Error implements error.
func (e *StatusError) Error() string { return fmt.Sprintf("status %d", e.Status) }

// SignIn signs in at the site with a name, as the sign-in form does, and returns the cookie. The
// error for an answer without a cookie wraps a StatusError.
func SignIn(ctx context.Context, client *http.Client, site, user string) (*http.Cookie, error) {
	return SignInPrivately(ctx, client, site, user, "")
}

// SignInPrivately is SignIn at a site that asks for a phrase.
func SignInPrivately(ctx context.Context, client *http.Client, site, user, phrase string) (*http.Cookie, error) {
	form := url.Values{"user": {user}}
	if phrase != "" {
		form.Set("phrase", phrase)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(site, "/")+"/index/", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// The answer redirects to the index, which is not needed.
	direct := *client
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := direct.Do(req)
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	seen, err := origin.Parse(req.URL.Scheme + "://" + req.URL.Host)
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	for _, cookie := range resp.Cookies() {
		if cookie.Name == session.CookieName(seen) && resp.StatusCode == http.StatusSeeOther {
			return cookie, nil
		}
	}
	return nil, fmt.Errorf("sign in: no cookie: %w", &StatusError{Status: resp.StatusCode})
}

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

// maxIndexFrame is far more than all recent names need.
const maxIndexFrame = 1 << 20

// Index holds the socket of the index page until ctx ends, which is no error.
func Index(ctx context.Context, site string, cookie *http.Cookie) error {
	site = strings.TrimSuffix(site, "/")
	ws, _, err := websocket.Dial(ctx, site+"/ws/index/", &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		HTTPHeader:   http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}, "Origin": {site}},
		Subprotocols: []string{wire.Subprotocol},
	})
	if err == nil {
		ws.SetReadLimit(maxIndexFrame)
		defer context.AfterFunc(ctx, func() { closeSocket(ctx, ws) })()
		defer ws.CloseNow()
		for err == nil {
			_, _, err = ws.Read(context.Background())
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("hold the index: %w", err)
}
