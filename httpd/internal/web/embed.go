package web

import "embed"

// embedded is the templates, the texts and the assets, so that a binary and what it
// serves can never be of two versions.
//
//go:embed templates texts static
var embedded embed.FS
