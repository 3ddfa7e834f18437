package web

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"
)

const manifestPath = "/manifest.webmanifest"

// manifest is what a browser reads to install the site (W3C, Web Application
// Manifest).
type manifest struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	ShortName   string         `json:"short_name"`
	Description string         `json:"description"`
	Lang        string         `json:"lang"`
	Dir         string         `json:"dir"`
	StartURL    string         `json:"start_url"`
	Scope       string         `json:"scope"`
	Display     string         `json:"display"`
	Background  string         `json:"background_color"`
	Theme       string         `json:"theme_color"`
	Icons       []manifestIcon `json:"icons"`
}

type manifestIcon struct {
	Src     string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose,omitempty"`
}

// deskColour is the colour of the desk by day (tokens.css): a manifest knows no other.
const deskColour = "#e4eae7"

// manifest answers GET /manifest.webmanifest. It is no asset, because its address must
// stay the same: browsers know an installed site by it.
func (s *Site) manifest(c echo.Context) error {
	t := s.languages.of(c)
	icon := func(name, sizes, kind, purpose string) manifestIcon {
		return manifestIcon{Src: s.assets.base + "/" + name, Sizes: sizes, Type: kind, Purpose: purpose}
	}
	m := manifest{
		ID:          signInPath,
		Name:        t.say("site.name"),
		ShortName:   t.say("site.name"),
		Description: t.say("site.description"),
		Lang:        t.Lang,
		Dir:         t.Dir,
		StartURL:    indexPath,
		Scope:       signInPath,
		Display:     "standalone",
		Background:  deskColour,
		Theme:       deskColour,
		Icons: []manifestIcon{
			icon("icon.svg", "any", "image/svg+xml", ""),
			icon("icons/192.png", "192x192", "image/png", ""),
			icon("icons/512.png", "512x512", "image/png", ""),
			icon("icons/full.png", "512x512", "image/png", "maskable"),
		},
	}
	content, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode manifest: %w", err)
	}
	h := c.Response().Header()
	h.Add("Vary", "Accept-Language")
	h.Set("Cache-Control", cacheForADay)
	return c.Blob(http.StatusOK, "application/manifest+json", content)
}
