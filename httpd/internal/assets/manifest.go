package assets

import (
	"encoding/json"

	"chatter/httpd/internal/text"
)

// manifest is what a browser reads to install the site (W3C, Web Application Manifest).
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
	ShareTarget shareTarget    `json:"share_target"`
}

// shareTarget is the form that a system fills in for a guest who shares something with the
// installed site (W3C, Web Share Target API).
type shareTarget struct {
	Action  string            `json:"action"`
	Method  string            `json:"method"`
	Enctype string            `json:"enctype"`
	Params  map[string]string `json:"params"`
}

type manifestIcon struct {
	Src     string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose,omitempty"`
}

// deskColour is the light background in tokens.css: a manifest cannot have a dark one.
const deskColour = "#e4eae7"

// Manifest returns the web application manifest in a language.
func (a *Assets) Manifest(l *text.Language, signInPath, indexPath, sharePath string) ([]byte, error) {
	icon := func(name, sizes, contentType, purpose string) manifestIcon {
		return manifestIcon{Src: a.Base + "/" + name, Sizes: sizes, Type: contentType, Purpose: purpose}
	}
	return json.Marshal(manifest{
		ID:          signInPath,
		Name:        l.Text("site.name"),
		ShortName:   l.Text("site.name"),
		Description: l.Text("site.description"),
		Lang:        l.Lang,
		Dir:         l.Dir,
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
		ShareTarget: shareTarget{sharePath, "GET", "application/x-www-form-urlencoded", map[string]string{"title": "title", "text": "text", "url": "url"}},
	})
}
