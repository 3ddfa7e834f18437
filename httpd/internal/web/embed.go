package web

import "embed"

// embedded is the templates and the assets, so that a binary and what it
// serves can never be of two versions.
//
//go:embed templates static
var embedded embed.FS
