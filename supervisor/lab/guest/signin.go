package guest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"chatter/shared/origin"
	"chatter/shared/session"
)

// SignIn signs in at the site with a name, as the sign-in form does, and returns the cookie. An answer without a cookie is a StatusError.
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
