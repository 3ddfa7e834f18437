package web

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

const (
	// An asset's address never gets another content.
	cacheForEver = "max-age=31536000, immutable"
	// These addresses are fixed, so what is behind them may change.
	cacheForADay = "max-age=86400"
	// What is there is not what the address promises.
	cacheNever = "no-cache"
)

var wellFormedDigest = regexp.MustCompile(`^[0-9a-f]{16}$`)

// static answers GET /static/DIGEST/….
//
// A page of another version that is still open asks, under that version's digest, for
// what it loads only when it is needed. It gets this version's file, and must not keep
// it. The modules that a page begins with are left out: while processes of two versions
// answer, some would come from the one and some from the other, and a page whose script
// does not start is better than one whose script is of two minds.
func (s *Site) static(c echo.Context) error {
	name, digest := c.Param("*"), c.Param("digest")
	file, ok := s.assets.files[name]
	switch {
	case !ok:
		return echo.ErrNotFound
	case digest == s.assets.digest:
		return file.write(c, cacheForEver)
	case wellFormedDigest.MatchString(digest) && !s.assets.eager[name]:
		return file.write(c, cacheNever)
	default:
		return echo.ErrNotFound
	}
}

// fixed serves a file under an address that never changes: that of the favicon for
// browsers that have read no page, and that of the service worker, whom browsers know by
// it, and which may not work above it.
func (s *Site) fixed(name string) echo.HandlerFunc {
	return func(c echo.Context) error {
		file, ok := s.assets.files[name]
		if !ok {
			return echo.ErrNotFound
		}
		return file.write(c, cacheForADay)
	}
}

// robots lets search engines in. Without a session they see no more than the sign-in
// form, which asks them to leave out the addresses that name a room.
func robots(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", cacheForADay)
	return c.String(http.StatusOK, "User-agent: *\nAllow: /\n")
}

func (a asset) write(c echo.Context, cache string) error {
	h := c.Response().Header()
	h.Set("Cache-Control", cache)
	// What these say goes for documents, and no asset is a secret. A first visit gets
	// some thirty of them, and the headers would weigh more than they do.
	h.Del("Content-Security-Policy")
	h.Del("Referrer-Policy")
	h.Del("Cross-Origin-Opener-Policy")
	h.Del("Cross-Origin-Resource-Policy")
	content := a.plain
	if a.gzip != nil {
		h.Set("Vary", "Accept-Encoding")
		accept := c.Request().Header.Values("Accept-Encoding")
		switch {
		case accepts(accept, "br"):
			h.Set("Content-Encoding", "br")
			content = a.brotli
		case accepts(accept, "gzip", "x-gzip"):
			h.Set("Content-Encoding", "gzip")
			content = a.gzip
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(content)))
	return c.Blob(http.StatusOK, a.contentType, content)
}

// accepts reads Accept-Encoding (RFC 9110, section 12.5.3): the coding by one of its
// names, unless its weight is zero. "*" is no browser's, and is taken for gzip.
func accepts(fields []string, coding string, others ...string) bool {
	anything := false
	for _, field := range fields {
		for item := range strings.SplitSeq(field, ",") {
			named, parameters, _ := strings.Cut(item, ";")
			wanted := !zeroWeight(parameters)
			switch named = strings.ToLower(strings.TrimSpace(named)); {
			case named == coding, slices.Contains(others, named):
				return wanted
			case named == "*":
				anything = wanted && coding == "gzip"
			}
		}
	}
	return anything
}

func zeroWeight(parameters string) bool {
	for parameter := range strings.SplitSeq(parameters, ";") {
		key, value, _ := strings.Cut(parameter, "=")
		if strings.EqualFold(strings.TrimSpace(key), "q") {
			weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return err != nil || weight <= 0
		}
	}
	return false
}
