package web

import (
	"encoding/json"
	"net/http"
	"regexp"

	"chatter/httpd/internal/assets"

	"github.com/labstack/echo/v4"
)

const (
	cacheForEver = "max-age=31536000, immutable" // the content of an address never changes
	cacheForADay = "max-age=86400"               // the address stays, the content may change
	cacheNever   = "no-cache"                    // the content is not that of the address
)

var digestPattern = regexp.MustCompile(`^[0-9a-f]{16}$`)

// static answers GET /static/DIGEST/….
//
// An open page of another version requests files under the digest of that version. It gets
// the file of this version, and must not cache it. Modules that are loaded together with
// a page are refused: with two versions running, a page could get some modules of each,
// and a page without its script is better than one with a mixture.
func (s *Site) static(c echo.Context) error {
	name, digest := c.Param("*"), c.Param("digest")
	file, ok := s.assets.File(name)
	switch {
	case ok && digest == s.assets.Digest:
		return sendFile(c, file, cacheForEver)
	case ok && digestPattern.MatchString(digest) && !s.assets.Eager(name):
		return sendFile(c, file, cacheNever)
	default:
		return echo.ErrNotFound
	}
}

// fixed answers an address that never changes: of the favicon, for browsers that have read
// no page, and of the service worker, which browsers identify by its address and which
// works only below it.
func (s *Site) fixed(name string) echo.HandlerFunc {
	return func(c echo.Context) error {
		file, ok := s.assets.File(name)
		if !ok {
			return echo.ErrNotFound
		}
		return sendFile(c, file, cacheForADay)
	}
}

func sendFile(c echo.Context, file *assets.File, cache string) error {
	h := c.Response().Header()
	h.Set("Cache-Control", cache)
	// These are for documents, and no asset is secret. A first visit loads some ten
	// assets; each header counts as often.
	for _, unneeded := range []string{"Content-Security-Policy", "Referrer-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy"} {
		h.Del(unneeded)
	}
	return c.Blob(http.StatusOK, file.ContentType, file.Encode(h, c.Request().Header))
}

// robots lets search engines in. Without a session they see only the sign-in form, which
// asks them not to index an address with a room's name.
func robots(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", cacheForADay)
	return c.String(http.StatusOK, "User-agent: *\nAllow: /\n")
}

// manifest answers GET /manifest.webmanifest: what a browser reads to install the site (W3C, Web
// Application Manifest). Its address has no digest, because browsers identify an installed site
// by it.
func (s *Site) manifest(c echo.Context) error {
	// deskColour is the light background in tokens.css: a manifest cannot have a dark one.
	const deskColour = "#e4eae7"
	icon := func(name, sizes, contentType string) map[string]string {
		return map[string]string{"src": s.assets.Base + "/" + name, "sizes": sizes, "type": contentType}
	}
	maskable := icon("icons/full.png", "512x512", "image/png")
	maskable["purpose"] = "maskable"
	l := s.language(c)
	content, err := json.Marshal(map[string]any{
		"id":               signInPath,
		"name":             l.Text("site.name"),
		"short_name":       l.Text("site.name"),
		"description":      l.Text("site.description"),
		"lang":             l.Lang,
		"dir":              l.Dir,
		"start_url":        indexPath,
		"scope":            signInPath,
		"display":          "standalone",
		"background_color": deskColour,
		"theme_color":      deskColour,
		"icons": []map[string]string{
			icon("icon.svg", "any", "image/svg+xml"),
			icon("icons/192.png", "192x192", "image/png"),
			icon("icons/512.png", "512x512", "image/png"),
			maskable,
		},
		// The form that a system fills in for a guest who shares something with the installed
		// site (W3C, Web Share Target API).
		"share_target": map[string]any{
			"action": sharePath, "method": "GET", "enctype": "application/x-www-form-urlencoded",
			"params": map[string]string{"title": "title", "text": "text", "url": "url"},
		},
	})
	if err != nil {
		return err
	}
	h := c.Response().Header()
	varyByLanguage(h)
	h.Set("Cache-Control", cacheForADay)
	return c.Blob(http.StatusOK, "application/manifest+json", content)
}
